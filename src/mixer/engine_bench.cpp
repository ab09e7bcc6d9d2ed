#include <benchmark/benchmark.h>

#include <ctime>
#include <vector>

#include "audio/generated_music.hpp"
#include "audio/speech_like.hpp"
#include "mixer/engine.hpp"

namespace shelcaster::mixer {
namespace {

constexpr std::size_t kBlocks = 25;  // of sound, played round and round
constexpr int kBlocksBefore = 300;   // until everybody is in the middle of it

/// So many people, all speaking, and a deck with music behind them.
class Show {
 public:
  Show(std::size_t people, float level_db, bool on_air)
      : sounds_(people + 1, std::vector<audio::StereoBlock>(kBlocks)),
        inputs_(people + 1),
        engine_({.strips_max = 128}) {
    for (std::size_t s = 0; s < people; ++s) {
      const StripId id{static_cast<int>(s)};
      engine_.apply(AddStrip{id, s == 0 ? StripKind::kHost : StripKind::kCaller});
      engine_.apply(SetOnAir{id, on_air});
      audio::SpeechLike voice(s, level_db);
      for (int b = 0; b < kBlocksBefore || !voice.is_speaking(); ++b) voice.fill(sounds_[s][0]);
      for (auto& block : sounds_[s]) voice.fill(block);
    }
    engine_.apply(AddStrip{StripId{static_cast<int>(people)}, StripKind::kDeck});
    audio::GeneratedMusic music(1);
    for (int b = 0; b < kBlocksBefore; ++b) music.fill(sounds_.back()[0]);
    for (auto& block : sounds_.back()) music.fill(block);
  }

  void make_faint(float by) {
    for (auto& sound : sounds_) {
      for (auto& block : sound) {
        for (float& sample : block) sample *= by;
      }
    }
  }
  void connect(std::size_t strip) { connected_.push_back(strip); }
  void connect_all() {
    for (std::size_t s = 0; s < inputs_.size(); ++s) connect(s);
  }

  void render() {
    for (const std::size_t s : connected_) inputs_[s].samples = &sounds_[s][block_];
    engine_.render(base::SampleTime(), inputs_, out_);
    benchmark::DoNotOptimize(out_.programme.data());
    block_ = (block_ + 1) % kBlocks;
  }

  /// The least that a mixer can do with these inputs.
  void add_up() {
    audio::StereoBlock& sum = out_.programme;
    sum.fill(0.0F);
    for (const std::size_t s : connected_) {
      const float* __restrict from = sounds_[s][block_].data();
      float* __restrict to = sum.data();
      for (std::size_t i = 0; i < audio::kBlockSamples; ++i) to[i] += from[i];
    }
    benchmark::DoNotOptimize(sum.data());
    block_ = (block_ + 1) % kBlocks;
  }

 private:
  std::vector<std::vector<audio::StereoBlock>> sounds_;
  std::vector<std::size_t> connected_;
  std::vector<StripInput> inputs_;
  Engine engine_;
  Rendered out_;
  std::size_t block_ = 0;
};

/// Seconds of CPU per call, the least of several rounds.
template <typename Call>
double seconds_of(const Call& call) {
  constexpr int kRounds = 15;
  constexpr int kCalls = 200;
  double least = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const std::clock_t before = std::clock();
    for (int i = 0; i < kCalls; ++i) call();
    const double seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / kCalls;
    if (seconds < least) least = seconds;
  }
  return least;
}

/// The time of a block; and what other machines and busy ones can be compared by: the least time of
/// several rounds, and how many plain additions of the same inputs that is worth.
void measure(benchmark::State& state, Show& show) {
  for (int block = 0; block < 200; ++block) show.render();  // ramps are over, meters full
  for (auto _ : state) show.render();
  const double least = seconds_of([&] { show.render(); });
  const double plain = seconds_of([&] { show.add_up(); });
  state.counters["least_us"] = least * 1e6;
  state.counters["sums"] = least / plain;
}

/// 10 ms with everybody on the air and speaking, and music: each has a return of their own.
void EverybodyOnAir(benchmark::State& state) {
  Show show(static_cast<std::size_t>(state.range(0)), -20, true);
  show.connect_all();
  measure(state, show);
}
BENCHMARK(EverybodyOnAir)->Arg(3)->Arg(10)->Arg(64)->Arg(127)->Unit(benchmark::kMicrosecond);

/// So loud that the limiters of the master and of every return work all the time.
void EverybodyOnAirAndLimited(benchmark::State& state) {
  Show show(static_cast<std::size_t>(state.range(0)), 0, true);
  show.connect_all();
  measure(state, show);
}
BENCHMARK(EverybodyOnAirAndLimited)->Arg(3)->Arg(10)->Arg(64)->Unit(benchmark::kMicrosecond);

/// What a codec may give out for silence: denormal numbers, which x86 takes a hundred times as long
/// for unless told to take them for zero.
void EverybodyOnAirAndDenormal(benchmark::State& state) {
  Show show(static_cast<std::size_t>(state.range(0)), -20, true);
  show.make_faint(1e-39F);
  show.connect_all();
  measure(state, show);
}
BENCHMARK(EverybodyOnAirAndDenormal)->Arg(10)->Unit(benchmark::kMicrosecond);

/// Callers who wait, with their microphones open: metered and no more. Music for those on the air.
void EverybodyWaiting(benchmark::State& state) {
  Show show(static_cast<std::size_t>(state.range(0)), -20, false);
  show.connect_all();
  measure(state, show);
}
BENCHMARK(EverybodyWaiting)->Arg(10)->Arg(64)->Unit(benchmark::kMicrosecond);

/// The same without microphones: music alone.
void MusicAndSilentPeople(benchmark::State& state) {
  const auto people = static_cast<std::size_t>(state.range(0));
  Show show(people, -20, false);
  show.connect(people);
  measure(state, show);
}
BENCHMARK(MusicAndSilentPeople)->Arg(0)->Arg(64)->Unit(benchmark::kMicrosecond);

/// People on the air, and not a sound: before the show, and in every room that is left open.
void NoSoundAtAll(benchmark::State& state) {
  Show show(static_cast<std::size_t>(state.range(0)), -20, true);
  measure(state, show);
}
BENCHMARK(NoSoundAtAll)->Arg(3)->Arg(10)->Arg(64)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace shelcaster::mixer
