"""A weight scale on hci2 with a clock, which keeps time well."""
import datetime

from peripheral import Peripheral, current_time, date_time, device_information


def measure(n):
    """Weight Measurement 0x2A9D: kg in steps of 0.005, with time stamp."""
    steps = (7000 + 10 * n) * 2
    return bytes([0x02]) + steps.to_bytes(2, 'little') + date_time(datetime.datetime.now())


Peripheral(
    'SCALE', 'hci2', 'Lab scale', '181d',
    [
        ('181d', [
            ('2a9d', ['indicate'], lambda: b''),
            ('2a9e', ['read'], lambda: bytes([0x01, 0, 0, 0])),
        ]),
        ('1805', [('2a2b', ['read'], lambda: current_time())]),
        device_information(0x12, 'LAB-WS-1'),
    ],
    measure).run()
