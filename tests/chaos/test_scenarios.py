"""A few strikes of each kind; script/chaos does as many as one likes."""

import os
import random
import unittest

import scenarios


class Scenarios(unittest.TestCase):
    def strike(self, name, rounds=2):
        seed = random.SystemRandom().randrange(1_000_000)
        result = scenarios.run(name, seed, rounds, 60 + 25 * rounds)
        self.assertEqual(result.breaches, [],
                         f'replay: script/chaos --rounds {rounds} --seed {seed} {name}')

    def test_mix(self):
        self.strike('mix', 4)

    def test_publish(self):
        self.strike('publish')

    def test_serve(self):
        self.strike('serve')

    def test_everything(self):
        self.strike('everything')

    @unittest.skipUnless(os.geteuid() == 0, 'only root may mount a small disk')
    def test_disk_full(self):
        self.strike('disk_full', 1)


if __name__ == '__main__':
    unittest.main()
