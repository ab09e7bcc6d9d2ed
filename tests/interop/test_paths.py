"""What happens to a call on its way: a NAT that takes another port, and sources beside the microphone."""

import asyncio
import itertools
import random
import struct
import unittest

import aiortc_person
import nat
import running_shelcaster
import tones

HEARD_DB = -45
# An aiortc client renews its consent each 4 to 6 s, without USE-CANDIDATE.
FOLLOWED_SECONDS_MAX = 20
HEARD_SECONDS_MAX = 10


def is_rtcp(packet):
    return 192 <= packet[1] <= 223


class Paths(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = running_shelcaster.RunningShelcaster()
        cls.addClassCleanup(cls.server.stop)

    async def join(self, hz, seat, reroute=None):
        person = aiortc_person.AiortcPerson(hz)
        self.addAsyncCleanup(person.leave)
        await person.join(self.server.whip_url, seat['token'], reroute)
        return person

    async def on_air(self, name, hz, reroute=None):
        seat = await asyncio.to_thread(self.server.invite, name)
        person = await self.join(hz, seat, reroute)
        await asyncio.to_thread(self.server.set_on_air, seat, True)
        await asyncio.to_thread(self.server.wait_for, 'the seat to publish',
                                lambda: self.server.participant(seat)['isPublishing'])
        return person

    async def listener(self):
        person = aiortc_person.AiortcPerson(None)
        self.addAsyncCleanup(person.leave)
        await person.join(self.server.whep_url, None)
        await person.ear.hear(0.5)
        return person

    async def until_heard(self, person, hz, limit_seconds):
        """How long it took until they heard the tone."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < limit_seconds:
            try:
                heard = await person.ear.hear(0.5, limit_seconds=2)
            except TimeoutError:
                continue
            if tones.usual_db(heard, hz) > HEARD_DB:
                return loop.time() - began
        self.fail(f'{hz} Hz was not heard within {limit_seconds} s')

    async def test_who_comes_from_another_port_is_heard_and_hears_again_without_nominating_it(self):
        router = nat.Nat()
        self.addCleanup(router.close)
        roamer = await self.on_air('roamer', 660, router.reroute)
        other = await self.on_air('other', 880)
        await self.until_heard(other, 660, HEARD_SECONDS_MAX)
        await self.until_heard(roamer, 880, HEARD_SECONDS_MAX)
        await router.rebind()
        roamer.ear.samples.clear()
        await self.until_heard(other, 660, FOLLOWED_SECONDS_MAX)
        await self.until_heard(roamer, 880, FOLLOWED_SECONDS_MAX)

    async def test_a_listener_hears_on_from_another_port(self):
        router = nat.Nat()
        self.addCleanup(router.close)
        await self.on_air('speaker', 700)
        listener = aiortc_person.AiortcPerson(None)
        self.addAsyncCleanup(listener.leave)
        await listener.join(self.server.whep_url, None, router.reroute)
        await self.until_heard(listener, 700, HEARD_SECONDS_MAX)
        await router.rebind()
        listener.ear.samples.clear()
        await self.until_heard(listener, 700, FOLLOWED_SECONDS_MAX)

    async def test_video_and_retransmissions_beside_the_microphone_disturb_nothing(self):
        caller = await self.on_air('camera', 550)
        listener = await self.listener()
        await self.until_heard(listener, 550, HEARD_SECONDS_MAX)
        source = random.randrange(1, 1 << 32)
        numbers = itertools.count(1)

        def with_others(packet):
            if is_rtcp(packet):
                return [packet]
            payload_type = random.choice((45, 106))
            head = struct.pack('!BBHII', 0x80, payload_type, next(numbers), 0, source)
            return [packet, head + packet[12:]]
        caller.on_send(with_others)
        # Stacks in one Python process are late now and then; a microphone that was taken away never returns.
        for _ in range(4):
            listener.ear.samples.clear()
            await self.until_heard(listener, 550, HEARD_SECONDS_MAX)

    async def test_a_source_that_changes_and_comes_back_is_heard_each_time(self):
        caller = await self.on_air('flipflop', 770)
        listener = await self.listener()
        other = random.randrange(1, 1 << 32)
        is_renamed = False

        def renamed(packet):
            if not is_renamed or is_rtcp(packet):
                return [packet]
            return [packet[:8] + struct.pack('!I', other) + packet[12:]]
        caller.on_send(renamed)
        for is_renamed in (True, False, True, False):
            listener.ear.samples.clear()
            await self.until_heard(listener, 770, HEARD_SECONDS_MAX)


if __name__ == '__main__':
    unittest.main()
