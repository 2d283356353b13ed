"""Prints what has come where, from what agent.sh fetched."""
import collections
import datetime
import json


def load(name):
    with open('/run/lab/%s.json' % name) as file:
        return json.load(file)


def say(*words):
    print('LAB', *words, flush=True)


def age_minutes(resource):
    """How far the measured instant lies from now; negative in the future."""
    measured = datetime.datetime.fromisoformat(resource['effectiveDateTime'])
    return int((datetime.datetime.now(datetime.timezone.utc) - measured).total_seconds() // 60)


say('received', sum(row['n'] for row in load('outbox') if row['state'] == 'received'))
for code in ('85354-9', '29463-7'):
    bundle = load(code)
    say('stored', code, bundle['total'])
    say('age', code, *sorted(age_minutes(entry['resource']) for entry in bundle['entry']))
held = collections.Counter((row['kind'], row['because']) for row in load('held'))
for (kind, because), count in sorted(held.items()):
    say('held', kind, because, count)
say('models', sorted(row['model'] for row in load('devices')))
