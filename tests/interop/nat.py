"""A NAT in front of one session: it may take another port at any moment, as routers do after a restart."""

import asyncio
import re

CANDIDATE = re.compile(r'a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host')


class _Inside(asyncio.DatagramProtocol):
    def __init__(self, nat):
        self._nat = nat

    def datagram_received(self, data, address):
        self._nat.client = address
        self._nat.outside.sendto(data, self._nat.server)


class _Outside(asyncio.DatagramProtocol):
    def __init__(self, nat):
        self._nat = nat
        self._transport = None

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, address):
        # What comes to a port that was given up reaches nobody.
        if self._transport is self._nat.outside and self._nat.client:
            self._nat.inside.sendto(data, self._nat.client)


class Nat:
    def __init__(self):
        self.client = self.server = self.inside = self.outside = None
        self._given_up = []

    async def reroute(self, answer):
        """The answer as the client is to see it: with our address in place of the server's."""
        host, port = CANDIDATE.search(answer).groups()
        self.server = (host, int(port))
        self.inside, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Inside(self), local_addr=('127.0.0.1', 0))
        await self.rebind()
        ours = self.inside.get_extra_info('sockname')[1]
        return answer.replace(f' {port} typ host', f' {ours} typ host')

    async def rebind(self):
        if self.outside:
            self._given_up.append(self.outside)
        self.outside, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Outside(self), local_addr=('127.0.0.1', 0))

    def close(self):
        for transport in (self.inside, self.outside, *self._given_up):
            if transport:
                transport.close()
