#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "audio/speech_like.hpp"
#include "audio/tone.hpp"
#include "base/allocation_counter_for_tests.hpp"
#include "base/random.hpp"
#include "base/sanitized.hpp"
#include "mixer/deck.hpp"
#include "mixer/detail/desk_for_tests.hpp"

namespace shelcaster::mixer {
namespace {

constexpr int kStrips = 12;

// A wild show takes twenty times as long under ThreadSanitizer, and five times under the other
// ones.
constexpr std::uint64_t kWildShows = base::kIsSanitized ? 1 : 4;
constexpr int kWildBlocks = base::kIsSanitized ? 200 : 800;

/// Any command that there is, most of them sensible.
Command any_command(base::Random& random) {
  const StripId strip{static_cast<int>(random.below(kStrips + 2)) - 1};
  const auto kind = static_cast<StripKind>(random.below(3));
  const auto gain = static_cast<float>(random.unit() * 2 - 0.2);
  switch (random.below(12)) {
    case 0:
    case 1:
      return AddStrip{strip, kind};
    case 2:
      return RemoveStrip{strip};
    case 3:
      return SetStrip{strip, {.gain = gain}};
    case 4:
    case 5:
    case 6:
      return SetOnAir{strip, random.below(3) != 0};
    case 7:
      return SetStrip{strip,
                      {.gain = gain,
                       .is_muted = random.below(3) == 0,
                       .pan = static_cast<float>(random.unit() * 3 - 1.5)}};
    case 8:
      return SetBusGain{kind, gain};
    case 9:
      return SetMasterGain{gain};
    case 10:
      return SetCompressor{random.below(2) == 0, static_cast<float>(-40 * random.unit()),
                           static_cast<float>(1 + 10 * random.unit())};
    default:
      return SetLimiter{true, -1.0F};
  }
}

/// Blocks of voices, tones, noise, silence and now and then poison.
void any_input(base::Random& random, audio::SpeechLike& voice, audio::StereoBlock& block) {
  switch (random.below(8)) {
    case 0:
      for (float& sample : block) sample = static_cast<float>(random.unit() * 6 - 3);
      break;
    case 1:
      block.fill(0.0F);
      block[random.below(block.size())] = std::numeric_limits<float>::quiet_NaN();
      block[random.below(block.size())] = std::numeric_limits<float>::infinity();
      block[random.below(block.size())] = -1e30F;
      block[random.below(block.size())] = 1e-42F;
      break;
    default:
      voice.fill(block);
  }
}

std::uint64_t hash_of(std::span<const float> samples, std::uint64_t hash) {
  for (const float sample : samples) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &sample, sizeof bits);
    hash = (hash ^ bits) * 0x100000001b3ULL;
  }
  return hash;
}

/// As its process died after a block, and the next one took up what it had saved.
std::unique_ptr<Engine> reincarnated(const Engine& engine) {
  std::vector<std::byte> memory(Engine::kStateBytes + kStrips * Engine::kStripStateBytes);
  base::StateWriter to(memory);
  engine.save(to);
  EXPECT_TRUE(to.ok()) << "more than was promised";
  auto next = std::make_unique<Engine>(EngineLimits{.strips_max = kStrips});
  base::StateReader from(base::ByteSpan(memory).first(to.size()));
  EXPECT_TRUE(next->restore(from));
  EXPECT_EQ(from.remaining(), 0U);
  return next;
}

/// A wild show of some seconds; returns a hash of all that anybody heard. With `dies_every` there
/// is a new engine every so many blocks.
std::uint64_t wild_show(std::uint64_t seed, int dies_every = 0) {
  base::SeededRandom random(seed);
  auto engine = std::make_unique<Engine>(EngineLimits{.strips_max = kStrips});
  std::vector<audio::SpeechLike> voices;
  for (std::uint64_t i = 0; i < kStrips; ++i) voices.emplace_back(seed * 100 + i, -6.0F);
  std::vector<audio::StereoBlock> blocks(kStrips);
  std::vector<StripInput> inputs(kStrips);
  Rendered out;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  base::SampleTime at;
  for (int block = 0; block < kWildBlocks; ++block) {
    for (auto commands = random.below(3); commands > 0; --commands) {
      engine->apply(any_command(random));
    }
    if (dies_every > 0 && block % dies_every == 0) engine = reincarnated(*engine);
    for (std::size_t i = 0; i < kStrips; ++i) {
      any_input(random, voices[i], blocks[i]);
      inputs[i].samples = random.below(20) == 0 ? nullptr : &blocks[i];
    }
    engine->render(at, inputs, out);
    at = at + audio::kBlockFrames;
    constexpr float kCeiling = 0.89126F;  // −1 dB
    for (const float sample : out.programme) {
      if (!(std::fabs(sample) <= kCeiling)) {
        ADD_FAILURE() << "programme " << sample << " in block " << block << " of seed " << seed;
        return 0;
      }
    }
    hash = hash_of(out.programme, hash);
    for (std::size_t i = 0; i < kStrips; ++i) {
      EXPECT_TRUE(std::isfinite(out.strip_levels[i].peak_db));
      if (!out.has_own_return[i]) continue;
      for (const float sample : out.mix_minus[i]) {
        if (!(std::fabs(sample) <= kCeiling)) {
          ADD_FAILURE() << "return " << i << ' ' << sample << " in block " << block << " of seed "
                        << seed;
          return 0;
        }
      }
      hash = hash_of(out.mix_minus[i], hash);
    }
    EXPECT_TRUE(std::isfinite(out.momentary_lufs));
  }
  return hash;
}

TEST(EngineProperty, IsFiniteUnderItsCeilingAndTheSameTwiceWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= kWildShows; ++seed) {
    const std::uint64_t once = wild_show(seed);
    EXPECT_EQ(once, wild_show(seed)) << "seed " << seed;
  }
}

TEST(EngineProperty, IsTheSameToTheLastBitWhenANewEngineTakesUpItsStateInTheMiddle) {
  for (std::uint64_t seed = 1; seed <= kWildShows; ++seed) {
    EXPECT_EQ(wild_show(seed), wild_show(seed, 7)) << "seed " << seed;
  }
}

TEST(EngineProperty, RefusesAStateThatIsCutShort) {
  Engine engine({.strips_max = kStrips});
  engine.apply(AddStrip{{3}, StripKind::kHost});
  std::vector<std::byte> memory(Engine::kStateBytes + kStrips * Engine::kStripStateBytes);
  base::StateWriter to(memory);
  engine.save(to);
  for (std::size_t size = 0; size < to.size(); size += 97) {
    Engine next({.strips_max = kStrips});
    base::StateReader from(base::ByteSpan(memory).first(size));
    EXPECT_FALSE(next.restore(from)) << size << " bytes";
  }
}

TEST(EngineProperty, TellsDifferentShowsApart) { EXPECT_NE(wild_show(1), wild_show(2)); }

TEST(EngineProperty, KeepsEverybodysOwnToneOutOfTheirReturn) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    base::SeededRandom random(seed);
    TestDesk desk(kStrips);
    std::vector<double> hz;
    for (int i = 0; i < kStrips; ++i) {
      hz.push_back(300.0 + 170.0 * i);
      desk.add(i, i == 0 ? StripKind::kHost : StripKind::kCaller, hz.back(), -30);
    }
    for (int change = 0; change < 60; ++change) {
      const StripId strip{static_cast<int>(random.below(kStrips))};
      switch (random.below(4)) {
        case 0:
        case 1:
          desk.apply(SetStrip{strip,
                              {.gain = 0.3F + 0.7F * static_cast<float>(random.unit()),
                               .is_muted = random.below(8) == 0,
                               .pan = static_cast<float>(random.unit() * 2 - 1)}});
          break;
        default:
          desk.apply(SetOnAir{strip, random.below(3) != 0});
      }
      desk.run(1 + static_cast<int>(random.below(3)));
    }
    desk.run(10);  // the ramps are over
    const auto heard = desk.run(30);
    for (std::size_t i = 0; i < kStrips; ++i) {
      if (!heard.had_own_return[i]) continue;
      const float own_db = audio::tone_level_db(heard.returns[i], 0, hz[i]);
      EXPECT_LT(own_db, -30 - 60) << "strip " << i << " of seed " << seed;
    }
  }
}

TEST(EngineProperty, LeavesAResidueBelowMinus90DecibelsOfALoudVoiceAmongMany) {
  constexpr int kMany = 64;
  TestDesk desk(kMany);
  for (int i = 0; i < kMany; ++i) {
    desk.add(i, StripKind::kHost, i == 5 ? 1000.0 : 3000.0, i == 5 ? 0.0F : -40.0F);
    desk.apply(SetOnAir{{i}, true});
  }
  desk.run(10);
  const auto heard = desk.run(50);
  EXPECT_LT(audio::tone_level_db(heard.returns[5], 0, 1000), -110);
}

TEST(EngineProperty, AllocatesNothingAfterConstruction) {
  base::SeededRandom random(4);
  Engine engine({.strips_max = kStrips});
  DeckFeed feed(20);
  Deck deck(feed);
  audio::SpeechLike voice(1, 0.0F);
  std::vector<audio::StereoBlock> blocks(kStrips);
  std::vector<StripInput> inputs(kStrips);
  Rendered out;
  const std::int64_t before = testing::allocation_count();
  for (int block = 0; block < 500; ++block) {
    engine.apply(any_command(random));
    deck.apply(block % 20 == 0 ? DeckCommand(DeckPlay{1, block}) : DeckCommand(DeckSeek{block}));
    (void)feed.poll_request();
    for (std::size_t i = 0; i < kStrips; ++i) {
      any_input(random, voice, blocks[i]);
      inputs[i].samples = &blocks[i];
    }
    if (!deck.render(blocks[0])) inputs[0].samples = nullptr;
    while (deck.poll_event()) {
    }
    engine.render(base::SampleTime(), inputs, out);
  }
  EXPECT_EQ(testing::allocation_count(), before);
  std::vector<int> something(100);
  EXPECT_TRUE(!testing::kCountsAllocations || testing::allocation_count() > before)
      << "or the counter counts nothing, but " << something.size();
}

}  // namespace
}  // namespace shelcaster::mixer
