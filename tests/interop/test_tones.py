import unittest

import tones


class Tones(unittest.TestCase):
    def test_a_tone_is_measured(self):
        self.assertAlmostEqual(tones.tone_db(tones.tone(440, -30, 48000), 440), -30, delta=0.1)

    def test_another_tone_is_far_down(self):
        self.assertLess(tones.tone_db(tones.tone(440, -30, 48000), 660), -100)

    def test_blocks_join_without_a_seam(self):
        joined = tones.tone(440, -6, 960) + tones.tone(440, -6, 960, 960)
        self.assertEqual(joined, tones.tone(440, -6, 1920))

    def test_silence_has_no_level(self):
        self.assertLess(tones.tone_db([0.0] * 4800, 440), -190)
        self.assertLess(tones.tone_db([], 440), -190)
