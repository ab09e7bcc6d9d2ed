#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>

#include "rtc/srtp/srtp_context.hpp"

// One iteration is one packet of a 64 kbit/s voice: 160 bytes of payload.
namespace shelcaster::rtc {
namespace {

SrtpKeys keys(SrtpProfile profile) {
  const base::SecretBytes key(key_salt_bytes(profile), std::byte{7});
  return {.profile = profile, .local_key_salt = key, .remote_key_salt = key};
}

void protect_and_unprotect(benchmark::State& state) {
  const auto profile = static_cast<SrtpProfile>(state.range(0));
  SrtpSender sender(keys(profile), 1);
  SrtpReceiver receiver(keys(profile));
  std::array<std::byte, 1500> bytes{};
  std::uint16_t sequence = 0;
  for (auto _ : state) {
    base::ByteWriter writer(bytes);
    writer.u8(0x80);
    writer.u8(111);
    writer.u16(sequence++);
    writer.u32(0);
    writer.u32(1);
    writer.zeros(160);
    const std::size_t size = sender.protect_rtp(bytes, writer.size());
    benchmark::DoNotOptimize(receiver.unprotect_rtp(std::span(bytes).first(size)));
  }
}
BENCHMARK(protect_and_unprotect)
    ->Arg(static_cast<int>(SrtpProfile::kAeadAes128Gcm))
    ->Arg(static_cast<int>(SrtpProfile::kAes128CmSha1_80));

}  // namespace
}  // namespace shelcaster::rtc
