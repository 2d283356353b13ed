"""The devices of the lab, on hci1 to hci4."""
import datetime

from gi.repository import GLib

from peripheral import (FIRST_INDICATION_MS, Peripheral, Stage, current_time, date_time,
                        device_information)


class Cuff(Peripheral):
    """Blood pressure, only over an encrypted link; its clock is two minutes ahead until set."""

    def __init__(self, bus):
        self.ahead_s = 120
        super().__init__(
            bus, 'CUFF', 'hci1', 'Lab cuff', '1810',
            [
                ('1810', [
                    ('2a35', ['encrypt-indicate', 'indicate'], lambda: b''),
                    ('2a49', ['encrypt-read'], lambda: bytes([0x04, 0x00])),
                ]),
                ('1805', [('2a2b', ['read', 'write'], lambda: current_time(self.ahead_s))]),
                device_information(0x11, 'LAB-BP-1'),
            ],
            '2a35')

    def measure(self, n):
        """Blood Pressure Measurement 0x2A35: mmHg, with time stamp, pulse and status."""
        systolic, diastolic, mean, pulse = 126 + n, 81, 96, 63 + n
        now = datetime.datetime.now() + datetime.timedelta(seconds=self.ahead_s)
        return (bytes([0x16]) +
                b''.join(x.to_bytes(2, 'little') for x in (systolic, diastolic, mean)) +
                date_time(now) + pulse.to_bytes(2, 'little') + bytes(2))

    def confirmed(self, characteristic):
        super().confirmed(characteristic)
        # It is left alone by whom it was just paired with; later it stays, for its clock to be set.
        if self.count == 1:
            GLib.timeout_add(FIRST_INDICATION_MS, self.hang_up)

    def written(self, uuid, data):
        year = int.from_bytes(data[0:2], 'little')
        told = datetime.datetime(year, *data[2:7])
        self.ahead_s = round((told - datetime.datetime.now()).total_seconds())
        self.say('clock set, ahead by', self.ahead_s, 's')


class Scale(Peripheral):
    """Weight, with a clock that keeps time well; once `locked` only for a user who gives a code."""

    USER, CODE = 1, 1234

    def __init__(self, bus):
        self.open = True
        super().__init__(
            bus, 'SCALE', 'hci2', 'Lab scale', '181d',
            [
                ('181d', [
                    ('2a9d', ['indicate'], lambda: b''),
                    ('2a9e', ['read'], lambda: bytes([0x01, 0, 0, 0])),
                ]),
                ('181c', [('2a9f', ['write', 'indicate'], lambda: b'')]),
                ('1805', [('2a2b', ['read'], lambda: current_time())]),
                device_information(0x12, 'LAB-WS-1'),
            ],
            '2a9d')

    def measure(self, n):
        """Weight Measurement 0x2A9D: kg in steps of 0.005, with time stamp."""
        steps = (7000 + 10 * n) * 2
        return bytes([0x02]) + steps.to_bytes(2, 'little') + date_time(datetime.datetime.now())

    def confirmed(self, characteristic):
        super().confirmed(characteristic)
        if self.pending is None:
            GLib.timeout_add(FIRST_INDICATION_MS, self.hang_up)

    def lock(self):
        self.open = False
        self.say('locked')

    def send(self):
        return self.open and super().send()

    def written(self, uuid, data):
        consent = data[0] == 2
        code = int.from_bytes(data[2:4], 'little')
        right = consent and data[1] == self.USER and code == self.CODE
        # Success, user not authorized, op code not supported.
        answer = 1 if right else 5 if consent else 2
        self.say('consent', 'accepted' if right else 'refused')
        self.characteristics['2a9f'].send(bytes([0x20, data[0], answer]))
        if right:
            self.open = True
            self.send_soon()


class Meter(Peripheral):
    """Glucose records, only over an authenticated link: it pairs by a passkey that it shows."""

    # Core 5.4 leaves the pace to the link; this is one that bluetoothd keeps up with here.
    RECORD_MS = 10

    def __init__(self, bus):
        self.records, self.cut_after = [], None
        super().__init__(
            bus, 'METER', 'hci3', 'Lab meter', '1808',
            [
                ('1808', [
                    ('2a18', ['encrypt-authenticated-notify', 'notify'], lambda: b''),
                    ('2a51', ['encrypt-authenticated-read'], lambda: bytes([0x00, 0x04])),
                    ('2a52', ['encrypt-authenticated-write', 'write', 'indicate'], lambda: b''),
                ]),
                device_information(0x14, 'LAB-GL-1'),
            ],
            '2a18')

    def fill(self, count):
        """Glucose Measurement 0x2A18: number, base time, mol/L, type and location."""
        first = len(self.records)
        now = datetime.datetime.now() - datetime.timedelta(minutes=count)
        for n in range(first, first + count):
            level = 0xC000 | (40 + n % 60)
            at = now + datetime.timedelta(minutes=n - first)
            self.records.append(bytes([0x06]) + n.to_bytes(2, 'little') + date_time(at) +
                                level.to_bytes(2, 'little') + bytes([0x11]))

    def measure(self, n):
        if n == 1:
            self.fill(200)
            self.cut_after = 100
        else:
            self.fill(1)
        return self.records[-1]

    def many(self):
        """As many again, slowly."""
        self.fill(60)
        self.RECORD_MS = 100
        self.again()

    def send(self):
        return False

    def written(self, uuid, data):
        operation, operator = data[0], data[1]
        since = int.from_bytes(data[3:5], 'little') if operator == 3 else 0
        asked = [r for r in self.records if int.from_bytes(r[1:3], 'little') >= since]
        if operation == 4:
            self.answer(bytes([5, 0]) + len(asked).to_bytes(2, 'little'))
        elif operation == 1:
            self.say('reports', len(asked), 'since', since)
            GLib.timeout_add(self.RECORD_MS, self.report, asked, 0)

    def answer(self, data):
        self.characteristics['2a52'].send(data)

    def report(self, asked, sent):
        if not self.connected:
            self.say('left in the middle after', sent)
            return False
        if self.cut_after == sent:
            self.cut_after = None
            self.say('hangs up after', sent)
            self.hang_up()
            return False
        if sent == len(asked):
            self.answer(bytes([6, 0, 1, 1]))
            self.say('reported', sent)
            self.pending = None
            self.silence()
            GLib.timeout_add(FIRST_INDICATION_MS, self.hang_up)
            return False
        self.characteristics['2a18'].send(asked[sent])
        GLib.timeout_add(self.RECORD_MS, self.report, asked, sent + 1)
        return False


class Strap(Peripheral):
    """Heart rate, for anyone who listens: no bond, no clock, no memory."""

    def __init__(self, bus):
        super().__init__(
            bus, 'STRAP', 'hci4', 'Lab strap', '180d',
            [
                ('180d', [
                    ('2a37', ['notify'], lambda: b''),
                    ('2a38', ['read'], lambda: bytes([1])),
                ]),
                device_information(0x15, 'LAB-HR-1'),
            ],
            '2a37')

    def measure(self, n):
        return bytes([0x00, 60 + n])

    def send(self):
        if self.result not in self.subscribers:
            return False
        self.say('notifies')
        self.characteristics[self.result].send(self.measure(self.count))
        return True


if __name__ == '__main__':
    stage = Stage()
    for kind in (Cuff, Scale, Meter, Strap):
        stage.add(kind)
    stage.run()
