#include <benchmark/benchmark.h>

#include <vector>

#include "audio/generated_music.hpp"
#include "audio/speech_like.hpp"
#include "mixer/engine.hpp"

namespace shelcaster::mixer {
namespace {

/// One block (10 ms) with everybody on the air and speaking, and music: the worst case, since each
/// has a return of their own. The budget of a tick is 10 ms for the whole show.
void render_strips(benchmark::State& state, float level_db) {
  const auto strips = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kBlocks = 100;
  Engine engine({.strips_max = static_cast<int>(strips)});
  std::vector<std::vector<audio::StereoBlock>> sounds(strips,
                                                      std::vector<audio::StereoBlock>(kBlocks));
  audio::GeneratedMusic music(1);
  for (std::size_t s = 0; s < strips; ++s) {
    const bool is_deck = s + 1 == strips;
    const StripId id{static_cast<int>(s)};
    engine.apply(AddStrip{id, is_deck  ? StripKind::kDeck
                              : s == 0 ? StripKind::kHost
                                       : StripKind::kCaller});
    engine.apply(SetOnAir{id, true});
    audio::SpeechLike voice(s, level_db);
    for (auto& block : sounds[s]) is_deck ? music.fill(block) : voice.fill(block);
  }
  std::vector<StripInput> inputs(strips);
  Rendered out;
  std::size_t block = 0;
  for (auto _ : state) {
    for (std::size_t s = 0; s < strips; ++s) inputs[s].samples = &sounds[s][block];
    engine.render(base::SampleTime(), inputs, out);
    benchmark::DoNotOptimize(out.programme.data());
    block = (block + 1) % kBlocks;
  }
}

void RenderVoices(benchmark::State& state) { render_strips(state, -20); }
BENCHMARK(RenderVoices)->Arg(3)->Arg(10)->Arg(64)->Arg(128)->Unit(benchmark::kMicrosecond);

/// So loud that the limiters of the master and of every return work all the time.
void RenderVoicesThatAllLimit(benchmark::State& state) { render_strips(state, 0); }
BENCHMARK(RenderVoicesThatAllLimit)->Arg(3)->Arg(10)->Arg(64)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace shelcaster::mixer
