"""A virtual health device: a GATT application and an advertisement at bluetoothd, over D-Bus.

A device wakes up, advertises, and indicates what it measured to whoever subscribes, until that is
confirmed; then it falls silent again. Writing to /run/lab/measure wakes the devices named in it;
`NAME.VERB` has a device do something else, `agent.CAPABILITY` has them all pair in another way.
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
PASSKEY_FILE = '/run/lab/passkey'
AGENT_PATH = dbus.ObjectPath('/lab/agent')
NO_OPTIONS = dbus.Dictionary({}, 'sv')
GATEWAY = '/org/bluez/hci0'
POLL_MS = 200
# A little after a subscriber is there, as a device that packs its data first.
FIRST_INDICATION_MS = 500
# Before the gateway has found its services: who subscribed is remembered over the bond.
RECONNECTED_MS = 300
# An unconfirmed indication is sent again.
REPEAT_MS = 4000
# The software radio carries an advertisement when advertising or scanning begins, and not again.
READVERTISE_MS = 3000
# What bluetoothd refuses is asked again: on a busy machine its controller answers late.
RETRY_MS = 1000
# An adapter that refuses an advertisement so often in a row is switched off and on.
REFUSALS_MAX = 4


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
    """How the devices pair: whoever asks is let in; a passkey is shown, for a person to read."""

    def __init__(self, bus, capability):
        super().__init__(bus, AGENT_PATH)
        self.bus, self.capability = bus, capability

    def register(self):
        manager = dbus.Interface(self.bus.get_object(BLUEZ, '/org/bluez', introspect=False),
                                 'org.bluez.AgentManager1')
        try:
            manager.UnregisterAgent(AGENT_PATH)
        except dbus.DBusException:
            pass
        manager.RegisterAgent(AGENT_PATH, self.capability)
        # Requests that no agent started, which are all of a peripheral's, go here.
        manager.RequestDefaultAgent(AGENT_PATH)

    @dbus.service.method('org.bluez.Agent1', in_signature='ouq')
    def DisplayPasskey(self, device, passkey, entered):
        with open(PASSKEY_FILE, 'w') as file:
            file.write('%06d' % passkey)

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

    @dbus.service.method(CHARACTERISTIC, in_signature='aya{sv}')
    def WriteValue(self, value, options):
        self.owner.written(self.uuid, bytes(value))

    @dbus.service.method(CHARACTERISTIC)
    def StartNotify(self):
        self.owner.subscribed(self)

    @dbus.service.method(CHARACTERISTIC)
    def StopNotify(self):
        self.owner.unsubscribed(self)

    @dbus.service.method(CHARACTERISTIC)
    def Confirm(self):
        self.owner.confirmed(self)

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
                owner.characteristics[chr_uuid] = one

    @dbus.service.method(OBJECT_MANAGER, out_signature='a{oa{sa{sv}}}')
    def GetManagedObjects(self):
        return self.objects


class Peripheral:
    """`measure(n)` makes the bytes of the n-th measurement, which `result` carries."""

    def __init__(self, bus, label, adapter, name, advertised, services, result):
        self.bus, self.label, self.result = bus, label, result
        self.adapter = '/org/bluez/' + adapter
        self.root = '/lab/' + label.lower()
        self.characteristics = {}
        self.application = Application(bus, self.root, services, self)
        self.advertisement = Advertisement(bus, self.root + '_adv', name, [advertised])
        self.count = 0
        self.pending = None
        self.subscribers = set()
        self.advertising = False
        self.on_air = False
        self.refusals = 0
        self.connected = False
        self.address = None
        bus.add_signal_receiver(self.owner_changed, 'NameOwnerChanged',
                                'org.freedesktop.DBus', arg0=BLUEZ)
        bus.add_signal_receiver(self.device_changed, 'PropertiesChanged', PROPERTIES,
                                path_keyword='path', arg0=DEVICE)
        bus.add_signal_receiver(self.object_added, 'InterfacesAdded', OBJECT_MANAGER)

    def measure(self, n):
        raise NotImplementedError

    def say(self, *words):
        print(self.label, *words, flush=True)

    def start(self):
        self.wake()
        self.register()
        GLib.timeout_add(READVERTISE_MS, self.readvertise)

    def object(self, path):
        return self.bus.get_object(BLUEZ, path, introspect=False)

    def register(self):
        adapter = self.object(self.adapter)
        try:
            properties = dbus.Interface(adapter, PROPERTIES)
            properties.Set(ADAPTER, 'Powered', dbus.Boolean(True, variant_level=1))
            self.address = properties.Get(ADAPTER, 'Address').replace(':', '_')
        except dbus.DBusException:
            GLib.timeout_add(500, lambda: self.register() and False)
            return
        dbus.Interface(adapter, 'org.bluez.GattManager1').RegisterApplication(
            dbus.ObjectPath(self.root), NO_OPTIONS, reply_handler=self.registered,
            error_handler=self.not_registered)

    def not_registered(self, error):
        self.say('not registered', error.get_dbus_name(), error.get_dbus_message())
        GLib.timeout_add(RETRY_MS, lambda: self.register() and False)

    def registered(self):
        self.say('ready')
        if self.pending is not None:
            self.advertise()

    def advertise(self):
        if self.advertising:
            return
        self.advertising = True
        self.on_air = False
        self.put_on_air()

    def put_on_air(self):
        try:
            self.advertising_manager().RegisterAdvertisement(
                dbus.ObjectPath(self.advertisement.__dbus_object_path__), NO_OPTIONS,
                reply_handler=self.is_on_air, error_handler=self.is_not_on_air)
        except dbus.DBusException as error:
            self.is_not_on_air(error)

    def is_on_air(self):
        self.refusals = 0
        if not self.on_air:
            self.on_air = True
            self.say('advertising')

    def is_not_on_air(self, error):
        """Not asked again here: `readvertise` does, as long as the device has something to say."""
        self.say('not advertising', error.get_dbus_name(), error.get_dbus_message())
        self.refusals += 1
        if self.refusals % REFUSALS_MAX == 0 and not self.connected:
            self.say('switches its adapter off and on')
            self.power(False, lambda: self.power(True, lambda: None))

    def power(self, on, done):
        dbus.Interface(self.object(self.adapter), PROPERTIES).Set(
            ADAPTER, 'Powered', dbus.Boolean(on, variant_level=1), reply_handler=done,
            error_handler=lambda error: self.say('no power', on, error.get_dbus_name()))

    def take_off_air(self, done):
        try:
            # An advertisement that is not there has to be put there all the same.
            self.advertising_manager().UnregisterAdvertisement(
                dbus.ObjectPath(self.advertisement.__dbus_object_path__), reply_handler=done,
                error_handler=lambda error: done())
        except dbus.DBusException:
            pass

    def advertising_manager(self):
        return dbus.Interface(self.object(self.adapter), 'org.bluez.LEAdvertisingManager1')

    def readvertise(self):
        if self.advertising and not self.connected:
            self.take_off_air(lambda: self.advertising and self.put_on_air())
        return True

    def silence(self):
        if not self.advertising:
            return
        self.advertising = False
        self.take_off_air(lambda: self.say('silent'))

    def wake(self):
        self.count += 1
        self.pending = self.measure(self.count)
        self.say('measured', self.count)

    def centrals(self):
        """Paths of whom this adapter knows."""
        objects = dbus.Interface(self.object('/'), OBJECT_MANAGER).GetManagedObjects()
        return [path for path, interfaces in objects.items()
                if path.startswith(self.adapter + '/') and DEVICE in interfaces]

    def hang_up(self):
        try:
            for path in self.centrals():
                # Not waited for: bluetoothd asks the devices meanwhile.
                dbus.Interface(self.object(path), DEVICE).Disconnect(
                    reply_handler=lambda: None, error_handler=lambda error: None)
        except dbus.DBusException:
            self.say('could not hang up')
        return False

    def command(self, verb):
        getattr(self, verb)()

    def again(self):
        self.wake()
        self.advertise()
        self.send_soon()

    def subscribed(self, characteristic):
        self.subscribers.add(characteristic.uuid)
        if characteristic.uuid == self.result:
            self.say('subscribed')
            self.send_soon()

    def unsubscribed(self, characteristic):
        self.subscribers.discard(characteristic.uuid)

    def send_soon(self):
        GLib.timeout_add(FIRST_INDICATION_MS, self.send)

    def send(self):
        if not self.connected or self.pending is None or self.result not in self.subscribers:
            return False
        self.say('indicates')
        self.characteristics[self.result].send(self.pending)
        GLib.timeout_add(REPEAT_MS, self.send)
        return False

    def written(self, uuid, data):
        pass

    def confirmed(self, characteristic):
        if self.pending is None or characteristic.uuid != self.result:
            return
        self.pending = None
        self.say('indication confirmed')
        self.silence()

    def owner_changed(self, name, old, new):
        self.subscribers.clear()
        self.advertising, self.connected = False, False
        if new:
            # bluetoothd makes its adapters a moment after its name.
            GLib.timeout_add(1000, lambda: self.register() and False)

    def object_added(self, path, interfaces):
        # A central that was never here before comes connected.
        if DEVICE in interfaces:
            connected = interfaces[DEVICE].get('Connected')
            self.device_changed(DEVICE, {'Connected': connected}, [], path)

    def device_changed(self, interface, changed, invalidated, path=''):
        if not path.startswith(self.adapter + '/'):
            return
        for name, told in (('Bonded', 'bonded'), ('Connected', 'connected')):
            if name in changed:
                if name == 'Connected':
                    self.connected = bool(changed[name])
                    if self.connected:
                        # A subscription that bluetoothd remembers is not told again.
                        GLib.timeout_add(RECONNECTED_MS, self.send)
                self.say(told if changed[name] else 'not ' + told)


class Stage:
    """All devices in one process: starting Python is slow in the lab."""

    def __init__(self):
        self.bus = dbus.SystemBus()
        self.agent = Agent(self.bus, 'NoInputNoOutput')
        self.devices = {}
        self.stamp = None

    def add(self, kind):
        device = kind(self.bus)
        self.devices[device.label.lower()] = device

    def run(self):
        self.bus.add_signal_receiver(self.owner_changed, 'NameOwnerChanged',
                                     'org.freedesktop.DBus', arg0=BLUEZ)
        self.bus.add_signal_receiver(self.gateway_changed, 'PropertiesChanged', PROPERTIES,
                                     path_keyword='path', arg0=DEVICE)
        self.agent.register()
        for device in self.devices.values():
            device.start()
        GLib.timeout_add(POLL_MS, self.poll)
        GLib.MainLoop().run()

    def owner_changed(self, name, old, new):
        if new:
            GLib.timeout_add(500, lambda: self.agent.register() and False)

    def gateway_changed(self, interface, changed, invalidated, path=''):
        if path.startswith(GATEWAY + '/') and changed.get('ServicesResolved'):
            for device in self.devices.values():
                if path.endswith(device.address or '?'):
                    device.say('services resolved')

    def poll(self):
        try:
            stamp = os.stat(MEASURE_FILE).st_mtime_ns
        except FileNotFoundError:
            return True
        if stamp != self.stamp:
            self.stamp = stamp
            for word in open(MEASURE_FILE).read().split():
                self.obey(*word.split('.'))
        return True

    def obey(self, name, verb='again'):
        if name == 'agent':
            self.agent.capability = verb
            self.agent.register()
            print('AGENT', verb, flush=True)
        else:
            self.devices[name].command(verb)
