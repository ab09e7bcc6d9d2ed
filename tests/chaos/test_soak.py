"""A soak sees what grows and what drifts."""

import unittest

import soak


def samples(seconds, times=3, **last):
    first = soak.Sample(0, 'mix', 40_000, 30_000, 20, 5, 4)
    return [first._replace(at=at) for at in range(0, seconds, 60)] + \
        [first._replace(at=seconds + 60 * i, **last) for i in range(times)]


class Verdict(unittest.TestCase):
    drifts = [(at, 1000.0, 2000.0 + at % 900) for at in range(0, 7200, 60)]

    def test_takes_a_flat_run(self):
        self.assertEqual(soak.verdict(samples(7200), self.drifts), [])
        self.assertEqual(soak.verdict(samples(7200, rss_kb=40_700), self.drifts), [])
        self.assertEqual(soak.verdict(samples(7200, times=1, fds=21), self.drifts), [], 'open just now')

    def test_sees_what_grows(self):
        for what, value in (('rss_kb', 41_000), ('fds', 21), ('sockets', 6), ('threads', 5)):
            self.assertEqual(len(soak.verdict(samples(7200, **{what: value}), self.drifts)), 1, what)

    def test_sees_clocks_that_drift(self):
        for drift in ((7200, 1060.0, 2000.0), (7200, 1000.0, 4900.0)):
            self.assertEqual(len(soak.verdict(samples(7200), [*self.drifts, drift])), 1)


if __name__ == '__main__':
    unittest.main()
