#include "mixer/engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "audio/db.hpp"
#include "audio/tone.hpp"
#include "mixer/detail/desk_for_tests.hpp"

namespace shelcaster::mixer {
namespace {

using audio::tone_level_db;

constexpr double kHostHz = 400;
constexpr double kCallerHz = 700;
constexpr double kOtherHz = 1100;
constexpr double kMusicHz = 1900;

/// Host 0, callers 1 and 2, deck 3, each with a tone of −20 dB of its own; dynamics off, so that
/// levels are exact.
TestDesk quiet_desk() {
  TestDesk desk(8);
  desk.add(0, StripKind::kHost, kHostHz);
  desk.add(1, StripKind::kCaller, kCallerHz);
  desk.add(2, StripKind::kCaller, kOtherHz);
  desk.add(3, StripKind::kDeck, kMusicHz);
  desk.apply(SetOnAir{{0}, true});
  desk.apply(SetCompressor{.enabled = false});
  return desk;
}

TEST(Engine, MixesAtTheLevelsThatTheFadersSay) {
  TestDesk desk = quiet_desk();
  desk.apply(SetOnAir{{1}, true});
  desk.apply(SetStrip{{1}, {.gain = 0.5F}});
  desk.run(10);
  const auto programme = desk.run(50).programme;
  EXPECT_NEAR(tone_level_db(programme, 0, kHostHz), -20, 0.05);
  EXPECT_NEAR(tone_level_db(programme, 1, kCallerHz), -20 + audio::linear_to_db(0.8F * 0.5F), 0.05);
  EXPECT_NEAR(tone_level_db(programme, 0, kMusicHz), -20 + audio::linear_to_db(0.3F), 0.05);
  EXPECT_LT(tone_level_db(programme, 0, kOtherHz), -100) << "off the air";
}

TEST(Engine, PansByLoweringTheSideThatAVoiceIsMovedAwayFrom) {
  struct Case {
    float pan;
    float left_db;
    float right_db;
  };
  const float half_way_db = audio::linear_to_db(std::sqrt(0.5F));
  for (const Case& one : {Case{0, 0, 0}, Case{0.5F, half_way_db, 0}, Case{-0.5F, 0, half_way_db},
                          Case{1, -100, 0}, Case{-1, 0, -100}, Case{7, -100, 0}}) {
    TestDesk desk = quiet_desk();
    desk.apply(SetStrip{{0}, {.pan = one.pan}});
    desk.run(10);
    const auto programme = desk.run(50).programme;
    const auto expect_level = [&](std::size_t channel, float db) {
      const float level = tone_level_db(programme, channel, kHostHz);
      if (db > -100) {
        EXPECT_NEAR(level, -20 + db, 0.05) << one.pan;
      } else {
        EXPECT_LT(level, -100) << one.pan;
      }
    };
    expect_level(0, one.left_db);
    expect_level(1, one.right_db);
  }
}

TEST(Engine, KeepsAVoiceInTheMiddleToTheBit) {
  TestDesk plain = quiet_desk();
  TestDesk panned = quiet_desk();
  panned.apply(SetStrip{{0}, {.pan = 0.7F}});
  panned.apply(SetStrip{{0}, {.pan = 0.0F}});
  EXPECT_EQ(plain.run(20).programme, panned.run(20).programme);
}

TEST(Engine, PansWithoutAClick) {
  TestDesk desk = quiet_desk();
  desk.run(10);
  const double before = sharpest_corner(desk.run(20).programme);
  std::vector<float> programme;
  for (int step = 0; step < 20; ++step) {
    desk.apply(SetStrip{{0}, {.pan = step % 2 == 0 ? 1.0F : -1.0F}});
    const auto more = desk.run(1 + step % 3).programme;
    programme.insert(programme.end(), more.begin(), more.end());
  }
  EXPECT_LT(sharpest_corner(programme), 1.5 * before);
}

TEST(Engine, LetsEverybodyHearTheOthersWhereTheProgrammeHasThem) {
  TestDesk desk = quiet_desk();
  desk.apply(SetOnAir{{1}, true});
  desk.apply(SetStrip{{0}, {.pan = -1.0F}});
  desk.apply(SetStrip{{1}, {.pan = 0.5F}});
  desk.run(10);
  const auto heard = desk.run(50);
  EXPECT_NEAR(tone_level_db(heard.returns[1], 0, kHostHz), -20, 0.05);
  EXPECT_LT(tone_level_db(heard.returns[1], 1, kHostHz), -100);
  for (const std::size_t channel : {0U, 1U}) {
    EXPECT_LT(tone_level_db(heard.returns[1], channel, kCallerHz), -100) << "themselves";
  }
}

TEST(Engine, GivesEverybodyOnAirAllButThemselves) {
  TestDesk desk = quiet_desk();
  desk.apply(SetOnAir{{1}, true});
  desk.apply(SetOnAir{{2}, true});
  desk.run(10);
  const auto heard = desk.run(50);
  const double hz[3] = {kHostHz, kCallerHz, kOtherHz};
  for (std::size_t person = 0; person < 3; ++person) {
    EXPECT_TRUE(heard.had_own_return[person]);
    for (std::size_t voice = 0; voice < 3; ++voice) {
      const float level = tone_level_db(heard.returns[person], 0, hz[voice]);
      if (voice == person) {
        EXPECT_LT(level, -110) << person;
      } else {
        EXPECT_NEAR(level, voice == 0 ? -20 : -21.94, 0.05) << person << " hears " << voice;
      }
    }
    EXPECT_NEAR(tone_level_db(heard.returns[person], 0, kMusicHz), -30.46, 0.05);
  }
  EXPECT_FALSE(heard.had_own_return[3]) << "a deck has no ears";
}

TEST(Engine, KeepsTheReturnOfSomebodyOnAirAndMuted) {
  TestDesk desk = quiet_desk();
  desk.apply(SetStrip{{0}, {.is_muted = true}});
  desk.run(10);
  const auto heard = desk.run(50);
  EXPECT_TRUE(heard.had_own_return[0]);
  EXPECT_LT(tone_level_db(heard.programme, 0, kHostHz), -110);
  EXPECT_NEAR(tone_level_db(heard.returns[0], 0, kMusicHz), -30.46, 0.05);
}

TEST(Engine, GivesWaitingPeopleNoReturnOfTheirOwn) {
  TestDesk desk = quiet_desk();
  const auto heard = desk.run(10);
  EXPECT_FALSE(heard.had_own_return[1]);
  EXPECT_FALSE(heard.had_own_return[5]) << "an empty strip";
}

TEST(Engine, LetsNoMasterSettingTouchTheReturns) {
  TestDesk desk = quiet_desk();
  desk.apply(SetMasterGain{0.0F});
  desk.run(10);
  const auto heard = desk.run(50);
  EXPECT_LT(tone_level_db(heard.programme, 0, kMusicHz), -110);
  EXPECT_NEAR(tone_level_db(heard.returns[0], 0, kMusicHz), -30.46, 0.05);
}

TEST(Engine, ClicksAtNoToggle) {
  // Everything changes all the time, at instants that have nothing to do with the tones' phases.
  TestDesk desk(8);
  desk.add(0, StripKind::kHost, 200);
  desk.add(1, StripKind::kCaller, 300);
  desk.add(3, StripKind::kDeck, 250);
  desk.apply(SetCompressor{.enabled = false});
  std::vector<float> programme;
  for (int step = 0; step < 40; ++step) {
    desk.apply(SetOnAir{{0}, step % 2 == 0});
    desk.apply(SetStrip{{1}, {.is_muted = step % 3 == 0}});
    desk.apply(SetOnAir{{1}, step % 7 != 0});
    desk.apply(SetBusGain{StripKind::kDeck, step % 5 == 0 ? 0.0F : 1.0F});
    desk.apply(SetMasterGain{step % 11 == 0 ? 0.2F : 1.0F});
    desk.set_connected(3, step % 4 != 1);
    if (step % 9 == 4) desk.apply(RemoveStrip{{1}});
    if (step % 9 == 5) desk.apply(AddStrip{{1}, StripKind::kCaller});
    if (step % 13 == 6) desk.apply(AddStrip{{0}, StripKind::kHost});
    const auto part = desk.run(1 + step % 4).programme;
    programme.insert(programme.end(), part.begin(), part.end());
  }
  // An input that breaks off bends by the tone's slope, 2π · 250 / 48 000 · 0.1 = 0.0033, since
  // nobody knows how it would have gone on. A cut tone would make 0.1.
  EXPECT_LT(sharpest_corner(programme), 4e-3);
}

TEST(Engine, ClicksInNoReturnOnTheWayOnAndOffTheAir) {
  TestDesk desk = quiet_desk();
  desk.apply(SetCompressor{.enabled = true});
  desk.run(20);
  std::vector<float> heard;  // as the caller hears it: own return or programme
  for (int step = 0; step < 12; ++step) {
    desk.apply(SetOnAir{{1}, step % 2 == 0});
    const auto part = desk.run(9 + step).returns[1];
    heard.insert(heard.end(), part.begin(), part.end());
  }
  EXPECT_LT(sharpest_corner(heard), 0.012) << "the tones alone have 0.007";
}

TEST(Engine, NeverLetsACallerHearTheirOwnVoiceWhileTheyGoOnAndOffTheAir) {
  TestDesk desk = quiet_desk();
  desk.run(20);
  for (int round = 0; round < 6; ++round) {
    desk.apply(SetOnAir{{1}, true});
    const auto on = desk.run(10).returns[1];
    EXPECT_LT(tone_level_db(on, 0, kCallerHz), -55) << "going on, over 100 ms";
    desk.apply(SetOnAir{{1}, false});
    const auto off = desk.run(10).returns[1];
    EXPECT_LT(tone_level_db(off, 0, kCallerHz), -70) << "going off, over 100 ms";
  }
}

TEST(Engine, ReusesAStripAtOnceWithoutGivingItsPastToTheNewPerson) {
  TestDesk desk = quiet_desk();
  desk.apply(SetOnAir{{1}, true});
  desk.apply(SetStrip{{1}, {.gain = 0.1F}});
  desk.run(20);
  desk.apply(RemoveStrip{{1}});
  desk.add(1, StripKind::kCaller, kCallerHz);
  desk.run(10);
  EXPECT_LT(tone_level_db(desk.run(20).programme, 0, kCallerHz), -100) << "off the air again";
  desk.apply(SetOnAir{{1}, true});
  desk.run(10);
  EXPECT_NEAR(tone_level_db(desk.run(20).programme, 0, kCallerHz), -21.94, 0.1) << "at gain 1";
}

TEST(Engine, RampsARemovedStripDownAndForgetsIt) {
  TestDesk desk = quiet_desk();
  desk.run(10);
  desk.apply(RemoveStrip{{0}});
  const auto leaving = desk.run(2).programme;
  EXPECT_GT(std::fabs(*std::max_element(leaving.begin(), leaving.end())), 0.01F);
  desk.apply(SetOnAir{{0}, true});
  desk.run(10);
  const auto heard = desk.run(20);
  EXPECT_LT(tone_level_db(heard.programme, 0, kHostHz), -110);
  EXPECT_FALSE(heard.had_own_return[0]);
}

TEST(Engine, DelaysTheProgrammeByItsStatedLatencyAndReturnsByTheirs) {
  TestDesk desk = quiet_desk();
  desk.apply(SetBusGain{StripKind::kDeck, 1.0F});
  desk.run(10);
  audio::StereoBlock impulse{};
  impulse[200] = impulse[201] = 0.5F;  // frame 100
  std::vector<StripInput> inputs(4);
  Rendered out;
  for (int b = 0; b < 5; ++b) desk.engine().render(base::SampleTime(), inputs, out);
  inputs[3].samples = &impulse;
  desk.engine().render(base::SampleTime(), inputs, out);
  EXPECT_GT(out.programme[static_cast<std::size_t>(2 * (100 + kProgrammeLatencyFrames))], 0.05F);
  EXPECT_GT(out.mix_minus[0][static_cast<std::size_t>(2 * (100 + kReturnLatencyFrames))], 0.05F);
}

TEST(Engine, KeepsPoisonInItsOwnStripAndCleansIt) {
  TestDesk desk = quiet_desk();
  desk.apply(SetOnAir{{1}, true});
  desk.run(10);
  audio::StereoBlock poison;
  for (std::size_t i = 0; i < poison.size(); ++i) {
    constexpr float kPoison[] = {
        std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::denorm_min()};
    poison[i] = kPoison[i % 4];
  }
  desk.replace_input(1, &poison);
  const auto heard = desk.run(50);
  EXPECT_EQ(desk.engine().cleaned_samples(), 50U * 720U);
  EXPECT_NEAR(tone_level_db(heard.programme, 0, kHostHz), -20, 0.05);
  EXPECT_NEAR(tone_level_db(heard.returns[1], 0, kHostHz), -20, 0.05);
  for (const float sample : heard.programme) {
    ASSERT_TRUE(sample == 0.0F || std::fpclassify(sample) == FP_NORMAL);
  }
}

TEST(Engine, IgnoresCommandsThatMakeNoSense) {
  TestDesk desk = quiet_desk();
  desk.run(5);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const int index : {-1, 8, 1'000'000}) {
    desk.apply(AddStrip{{index}, StripKind::kHost});
    desk.apply(RemoveStrip{{index}});
    desk.apply(SetOnAir{{index}, true});
    desk.apply(SetStrip{{index}, {.gain = 1.0F}});
  }
  desk.apply(SetStrip{{0}, {.gain = nan, .pan = nan}});
  desk.apply(SetBusGain{StripKind::kHost, nan});
  desk.apply(SetMasterGain{nan});
  desk.apply(SetCompressor{true, nan, nan});
  desk.apply(SetLimiter{true, nan});
  desk.run(10);
  EXPECT_NEAR(tone_level_db(desk.run(20).programme, 0, kHostHz), -20, 0.05);
  desk.apply(SetStrip{{0}, {.gain = -3.0F}});
  desk.run(10);
  EXPECT_LT(tone_level_db(desk.run(20).programme, 0, kHostHz), -110);
}

TEST(Engine, MetersWaitingPeopleAndTheMaster) {
  TestDesk desk = quiet_desk();
  const auto heard = desk.run(60);
  const Rendered& last = desk.last();
  EXPECT_NEAR(last.strip_levels[2].peak_db, -20, 0.1) << "a caller who waits";
  EXPECT_NEAR(last.strip_levels[2].rms_db, -23.01, 0.1);
  EXPECT_EQ(last.strip_levels[6].peak_db, -120.0F);
  EXPECT_GT(last.master.rms_db, -24);
  EXPECT_NEAR(last.momentary_lufs, last.master.rms_db + 3, 2.5);
  EXPECT_FALSE(last.master.clip);
}

TEST(Engine, FadesOutEverythingAndStaysSilent) {
  TestDesk desk = quiet_desk();
  desk.run(10);
  desk.apply(FadeOut{24'000});
  const auto fading = desk.run(50);
  EXPECT_LT(sharpest_corner(fading.programme), 0.01);
  EXPECT_GT(tone_level_db(std::span(fading.programme).first(9600), 0, kHostHz), -23);
  const auto after = desk.run(10);
  for (const float sample : after.programme) ASSERT_EQ(sample, 0.0F);
  for (const float sample : after.returns[0]) ASSERT_EQ(sample, 0.0F);
}

TEST(Engine, IsSilentToTheBitWithoutInputAndComesBackWithoutAClick) {
  TestDesk desk = quiet_desk();
  desk.apply(SetCompressor{.enabled = true});
  desk.apply(SetOnAir{{1}, true});
  desk.run(50);
  for (const int strip : {0, 1, 2, 3}) desk.set_connected(strip, false);
  desk.run(1200);  // whatever is slow has come to rest
  const auto silent = desk.run(10);
  for (const float sample : silent.programme) ASSERT_EQ(sample, 0.0F);
  for (const float sample : silent.returns[1]) ASSERT_EQ(sample, 0.0F);
  EXPECT_TRUE(silent.had_own_return[1]);
  EXPECT_EQ(desk.last().strip_levels[0].rms_db, -120.0F);
  EXPECT_EQ(desk.last().master.peak_db, -120.0F);
  EXPECT_EQ(desk.last().momentary_lufs, -120.0F);

  for (const int strip : {0, 1, 2, 3}) desk.set_connected(strip, true);
  const auto again = desk.run(50);
  EXPECT_LT(sharpest_corner(again.programme), 0.012) << "the tones alone have 0.007";
  EXPECT_LT(sharpest_corner(again.returns[1]), 0.012);
  EXPECT_NEAR(tone_level_db(std::span(again.returns[1]).last(24'000), 0, kHostHz), -20, 0.05);
  EXPECT_GT(desk.last().strip_levels[0].rms_db, -24);
  desk.apply(SetOnAir{{1}, false});
  EXPECT_FALSE(desk.run(10).had_own_return[1]);
}

TEST(Engine, RunsTheSeedsDynamicsOnTheMaster) {
  TestDesk desk(4);
  desk.add(0, StripKind::kHost, 1000, 0.0F);
  desk.apply(SetOnAir{{0}, true});
  desk.run(100);
  EXPECT_NEAR(tone_level_db(desk.run(50).programme, 0, 1000), -15, 0.5) << "4:1 over −20 dB";
  desk.apply(SetCompressor{.enabled = false});
  desk.run(200);
  const float limited_db = tone_level_db(desk.run(50).programme, 0, 1000);
  EXPECT_LE(limited_db, -1.0F);
  EXPECT_GT(limited_db, -1.6F);
}

}  // namespace
}  // namespace shelcaster::mixer
