"""A spot-check pulse oximeter on hci3, without a clock."""
from peripheral import Peripheral, device_information


def measure(n):
    """PLX Spot-check Measurement 0x2A5E: saturation and pulse rate, nothing else."""
    return bytes([0x00]) + (96 + n % 2).to_bytes(2, 'little') + (70 + n).to_bytes(2, 'little')


Peripheral(
    'OXIMETER', 'hci3', 'Lab oximeter', '1822',
    [
        ('1822', [
            ('2a5e', ['indicate'], lambda: b''),
            ('2a60', ['read'], lambda: bytes([0, 0])),
        ]),
        device_information(0x13, 'LAB-OX-1'),
    ],
    measure).run()
