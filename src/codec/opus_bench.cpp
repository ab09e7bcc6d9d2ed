#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <vector>

#include "codec/opus_decoder.hpp"
#include "codec/opus_encoder.hpp"

// One iteration is one 20 ms packet: CPU share of one stream is the time divided by 20 ms.
namespace shelcaster::codec {
namespace {

std::vector<float> chord(int channels) {
  std::vector<float> samples(static_cast<std::size_t>(kOpusEncodeFrames * channels));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(channels) / 48'000.0;
    samples[i] = static_cast<float>(0.2 * (std::sin(2765 * t) + std::sin(4147 * t)));
  }
  return samples;
}

void encode(benchmark::State& state) {
  const int channels = static_cast<int>(state.range(0));
  OpusEncoder encoder({.channels = channels, .complexity = static_cast<int>(state.range(1))});
  const std::vector<float> samples = chord(channels);
  std::array<std::byte, 1275> packet{};
  for (auto _ : state) benchmark::DoNotOptimize(encoder.encode(samples, packet));
}
BENCHMARK(encode)->Args({1, 5})->Args({2, 2})->Args({2, 5})->Args({2, 10});

void decode(benchmark::State& state) {
  const int channels = static_cast<int>(state.range(0));
  OpusEncoder encoder({.channels = channels});
  std::array<std::byte, 1275> packet{};
  const std::size_t size = encoder.encode(chord(channels), packet);
  OpusDecoder decoder(2);
  std::array<float, 2 * kOpusFramesMax> out{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode(base::ByteSpan(packet).first(size), out));
  }
}
BENCHMARK(decode)->Arg(1)->Arg(2);

}  // namespace
}  // namespace shelcaster::codec
