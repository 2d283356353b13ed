"""A blood pressure cuff on hci1: results only over an encrypted link, clock two minutes ahead."""
import datetime

from peripheral import Peripheral, current_time, date_time, device_information

AHEAD_S = 120


def measure(n):
    """Blood Pressure Measurement 0x2A35: mmHg, with time stamp, pulse and status."""
    systolic, diastolic, mean, pulse = 126 + n, 81, 96, 63 + n
    now = datetime.datetime.now() + datetime.timedelta(seconds=AHEAD_S)
    return (bytes([0x16]) + b''.join(x.to_bytes(2, 'little') for x in (systolic, diastolic, mean)) +
            date_time(now) + pulse.to_bytes(2, 'little') + bytes(2))


Peripheral(
    'CUFF', 'hci1', 'Lab cuff', '1810',
    [
        ('1810', [
            ('2a35', ['encrypt-indicate', 'indicate'], lambda: b''),
            ('2a49', ['encrypt-read'], lambda: bytes([0x04, 0x00])),
        ]),
        ('1805', [('2a2b', ['read'], lambda: current_time(AHEAD_S))]),
        device_information(0x11, 'LAB-BP-1'),
    ],
    measure, agent=True).run()
