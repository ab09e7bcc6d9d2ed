#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cmath>

#include "codec/opus_encoder.hpp"
#include "rtc/media/media_session.hpp"

// One iteration is 10 ms of one person, both ways: CPU share of a core is the time divided by 10
// ms.
namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

MediaConfig config(std::uint32_t local, std::uint32_t remote) {
  const base::SecretBytes key(key_salt_bytes(SrtpProfile::kAeadAes128Gcm), std::byte{7});
  MediaConfig made;
  made.keys = {SrtpProfile::kAeadAes128Gcm, key, key};
  made.local_ssrc = local;
  made.remote_ssrc = remote;
  return made;
}

/// Packets in, sound out, packets back; the encoding of the return is measured in codec_bench.
void receive_pull_and_send(benchmark::State& state) {
  MediaSession server(config(1, 2));
  MediaSession guest(config(2, 1));
  codec::OpusEncoder encoder({.channels = 1, .bitrate_bps = 48'000});
  std::array<float, 960> samples{};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = 0.3F * static_cast<float>(std::sin(0.0576 * static_cast<double>(i)));
  }
  std::array<std::byte, 1275> payload{};
  const std::size_t size = encoder.encode(samples, payload);
  const base::ByteSpan opus = base::ByteSpan(payload).first(size);
  std::array<std::byte, MediaSession::kPacketBufferBytes> buffer{};
  std::array<float, 960> block{};
  base::Instant now = base::Instant::from_nanoseconds(1'000'000'000);
  bool is_packet_due = true;
  for (auto _ : state) {
    if (is_packet_due) {
      const std::size_t sent = guest.make_rtp(now, opus, 960, buffer).size();
      server.handle_packet(now, std::span(buffer).first(sent));
    }
    is_packet_due = !is_packet_due;
    benchmark::DoNotOptimize(server.pull(now, block));
    benchmark::DoNotOptimize(server.poll_rtcp(now, buffer));
    now = now + 10ms;
  }
}
BENCHMARK(receive_pull_and_send);

}  // namespace
}  // namespace shelcaster::rtc
