"""A virtual health device: a GATT application and an advertisement at bluetoothd, over D-Bus.

A device wakes up, advertises, and indicates what it measured to whoever subscribes, until that is
confirmed; then it falls silent again. Writing to /run/lab/measure wakes the devices named in it.
"""
import datetime
import os

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)

BLUEZ = 'org.bluez'
OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager'
PROPERTIES = 'org.freedesktop.DBus.Properties'
ADAPTER = 'org.bluez.Adapter1'
DEVICE = 'org.bluez.Device1'
SERVICE = 'org.bluez.GattService1'
CHARACTERISTIC = 'org.bluez.GattCharacteristic1'

MEASURE_FILE = '/run/lab/measure'
POLL_MS = 200
# A little after a subscriber is there, as a device that packs its data first.
FIRST_INDICATION_MS = 500
# An unconfirmed indication is sent again.
REPEAT_MS = 4000
# The software radio carries an advertisement when advertising or scanning begins, and not again.
READVERTISE_MS = 3000


def byte_array(data):
    return dbus.Array([dbus.Byte(byte) for byte in data], 'y')


def current_time(ahead_s=0):
    """Current Time 0x2A2B of a device whose clock runs ahead by so much."""
    now = datetime.datetime.now() + datetime.timedelta(seconds=ahead_s)
    return date_time(now) + bytes([now.isoweekday(), 0, 0])


def date_time(now):
    return now.year.to_bytes(2, 'little') + bytes(
        [now.month, now.day, now.hour, now.minute, now.second])


def system_id(last):
    """System ID of a documentation address, 00-00-5E-FF-FE-00-53-xx, as it goes over the air."""
    return bytes([last, 0x53, 0x00, 0xFE, 0xFF, 0x5E, 0x00, 0x00])


def device_information(last, model):
    return ('180a', [
        ('2a23', ['read'], lambda: system_id(last)),
        ('2a24', ['read'], lambda: model.encode()),
        ('2a25', ['read'], lambda: b'LAB-%04d' % last),
        ('2a26', ['read'], lambda: b'1.2.3'),
        ('2a29', ['read'], lambda: b'Example Devices'),
    ])


class Agent(dbus.service.Object):
    """Just Works: whoever asks is let in."""

    @dbus.service.method('org.bluez.Agent1', in_signature='o')
    def RequestAuthorization(self, device):
        pass

    @dbus.service.method('org.bluez.Agent1', in_signature='ou')
    def RequestConfirmation(self, device, passkey):
        pass

    @dbus.service.method('org.bluez.Agent1', in_signature='os')
    def AuthorizeService(self, device, uuid):
        pass

    @dbus.service.method('org.bluez.Agent1')
    def Cancel(self):
        pass

    @dbus.service.method('org.bluez.Agent1')
    def Release(self):
        pass


class Advertisement(dbus.service.Object):
    def __init__(self, bus, path, name, services):
        super().__init__(bus, path)
        self.name, self.services = name, services

    @dbus.service.method(PROPERTIES, in_signature='s', out_signature='a{sv}')
    def GetAll(self, interface):
        return {'Type': 'peripheral', 'LocalName': self.name,
                'ServiceUUIDs': dbus.Array(self.services, 's')}

    @dbus.service.method('org.bluez.LEAdvertisement1')
    def Release(self):
        pass


class Characteristic(dbus.service.Object):
    def __init__(self, bus, path, uuid, flags, read, owner):
        super().__init__(bus, path)
        self.path, self.uuid, self.flags, self.read, self.owner = path, uuid, flags, read, owner

    def properties(self, service):
        return {CHARACTERISTIC: {'Service': dbus.ObjectPath(service), 'UUID': self.uuid,
                                 'Flags': dbus.Array(self.flags, 's')}}

    @dbus.service.method(CHARACTERISTIC, in_signature='a{sv}', out_signature='ay')
    def ReadValue(self, options):
        return byte_array(self.read())

    @dbus.service.method(CHARACTERISTIC)
    def StartNotify(self):
        self.owner.subscribed(self)

    @dbus.service.method(CHARACTERISTIC)
    def StopNotify(self):
        self.owner.unsubscribed()

    @dbus.service.method(CHARACTERISTIC)
    def Confirm(self):
        self.owner.confirmed()

    @dbus.service.signal(PROPERTIES, signature='sa{sv}as')
    def PropertiesChanged(self, interface, changed, invalidated):
        pass

    def send(self, data):
        self.PropertiesChanged(CHARACTERISTIC, {'Value': byte_array(data)}, [])


class Application(dbus.service.Object):
    def __init__(self, bus, path, services, owner):
        super().__init__(bus, path)
        self.objects = {}
        for s, (uuid, characteristics) in enumerate(services):
            service = '%s/s%d' % (path, s)
            self.objects[dbus.ObjectPath(service)] = {SERVICE: {'UUID': uuid, 'Primary': True}}
            for c, (chr_uuid, flags, read) in enumerate(characteristics):
                one = Characteristic(bus, '%s/c%d' % (service, c), chr_uuid, flags, read, owner)
                self.objects[dbus.ObjectPath(one.path)] = one.properties(service)

    @dbus.service.method(OBJECT_MANAGER, out_signature='a{oa{sa{sv}}}')
    def GetManagedObjects(self):
        return self.objects


class Peripheral:
    """`measure(n)` makes the bytes of the n-th measurement."""

    def __init__(self, label, adapter, name, advertised, services, measure, agent=False):
        self.label, self.measure, self.agent = label, measure, agent
        self.adapter = '/org/bluez/' + adapter
        self.bus = dbus.SystemBus()
        self.root = '/lab/' + label.lower()
        self.application = Application(self.bus, self.root, services, self)
        self.advertisement = Advertisement(self.bus, self.root + '_adv', name, [advertised])
        if agent:
            Agent(self.bus, self.root + '_agent')
        self.count = 0
        self.pending = None
        self.subscriber = None
        self.advertising = False
        self.connected = False
        self.stamp = None
        self.bus.add_signal_receiver(self.owner_changed, 'NameOwnerChanged',
                                     'org.freedesktop.DBus', arg0=BLUEZ)
        self.bus.add_signal_receiver(self.device_changed, 'PropertiesChanged', PROPERTIES,
                                     path_keyword='path', arg0=DEVICE)
        self.bus.add_signal_receiver(self.object_added, 'InterfacesAdded', OBJECT_MANAGER)

    def say(self, *words):
        print(self.label, *words, flush=True)

    def run(self):
        self.wake()
        self.register()
        GLib.timeout_add(POLL_MS, self.poll)
        GLib.timeout_add(READVERTISE_MS, self.readvertise)
        GLib.MainLoop().run()

    def object(self, path):
        return self.bus.get_object(BLUEZ, path)

    def register(self):
        adapter = self.object(self.adapter)
        try:
            dbus.Interface(adapter, PROPERTIES).Set(ADAPTER, 'Powered', True)
            if self.agent:
                manager = dbus.Interface(self.object('/org/bluez'), 'org.bluez.AgentManager1')
                manager.RegisterAgent(self.root + '_agent', 'NoInputNoOutput')
                # Requests that no agent started, which are all of a peripheral's, go here.
                manager.RequestDefaultAgent(self.root + '_agent')
        except dbus.DBusException:
            GLib.timeout_add(1000, lambda: self.register() and False)
            return
        dbus.Interface(adapter, 'org.bluez.GattManager1').RegisterApplication(
            self.root, {}, reply_handler=self.registered,
            error_handler=lambda error: self.say('not registered', error.get_dbus_name()))

    def registered(self):
        self.say('ready')
        if self.pending is not None:
            self.advertise()

    def advertise(self):
        if self.advertising:
            return
        self.advertising = True
        self.put_on_air(lambda: self.say('advertising'))

    def put_on_air(self, done):
        self.advertising_manager().RegisterAdvertisement(
            self.advertisement.__dbus_object_path__, {}, reply_handler=done,
            error_handler=lambda error: self.say('not advertising', error.get_dbus_name()))

    def take_off_air(self, done):
        self.advertising_manager().UnregisterAdvertisement(
            self.advertisement.__dbus_object_path__, reply_handler=done,
            error_handler=lambda error: None)

    def advertising_manager(self):
        return dbus.Interface(self.object(self.adapter), 'org.bluez.LEAdvertisingManager1')

    def readvertise(self):
        if self.advertising and not self.connected:
            self.take_off_air(lambda: self.advertising and self.put_on_air(lambda: None))
        return True

    def silence(self):
        if not self.advertising:
            return
        self.advertising = False
        self.take_off_air(lambda: self.say('silent'))

    def wake(self):
        self.count += 1
        self.pending = self.measure(self.count)
        self.say('measured', self.pending.hex())

    def poll(self):
        try:
            stamp = os.stat(MEASURE_FILE).st_mtime_ns
        except FileNotFoundError:
            return True
        if stamp != self.stamp:
            self.stamp = stamp
            if self.label.lower() in open(MEASURE_FILE).read().lower().split():
                self.wake()
                self.advertise()
                self.send_soon()
        return True

    def subscribed(self, characteristic):
        self.say('subscribed')
        self.subscriber = characteristic
        self.send_soon()

    def unsubscribed(self):
        self.subscriber = None

    def send_soon(self):
        GLib.timeout_add(FIRST_INDICATION_MS, self.send)

    def send(self):
        if self.pending is None or self.subscriber is None:
            return False
        self.say('indicates')
        self.subscriber.send(self.pending)
        GLib.timeout_add(REPEAT_MS, self.send)
        return False

    def confirmed(self):
        if self.pending is None:
            return
        self.pending = None
        self.say('indication confirmed')
        self.silence()

    def owner_changed(self, name, old, new):
        self.subscriber, self.advertising, self.connected = None, False, False
        if new:
            # bluetoothd makes its adapters a moment after its name.
            GLib.timeout_add(2000, lambda: self.register() and False)

    def object_added(self, path, interfaces):
        # A central that was never here before comes connected.
        if DEVICE in interfaces:
            self.device_changed(DEVICE, {'Connected': interfaces[DEVICE].get('Connected')}, [], path)

    def device_changed(self, interface, changed, invalidated, path=''):
        if not path.startswith(self.adapter + '/'):
            return
        for name, told in (('Bonded', 'bonded'), ('Connected', 'connected')):
            if name in changed:
                if name == 'Connected':
                    self.connected = bool(changed[name])
                self.say(told if changed[name] else 'not ' + told)
