#include "app/robot/wav_clip.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "audio/generated_music.hpp"
#include "base/time.hpp"

namespace shelcaster::app {
namespace {

constexpr int kFadeBlocks = 200;  // 2 s at each end

void put_u16(std::string& out, std::uint32_t value) {
  out.push_back(static_cast<char>(value & 0xffU));
  out.push_back(static_cast<char>(value >> 8U & 0xffU));
}
void put_u32(std::string& out, std::uint32_t value) {
  put_u16(out, value & 0xffffU);
  put_u16(out, value >> 16U);
}

}  // namespace

std::string make_music_wav(std::uint64_t seed, int seconds) {
  constexpr std::uint32_t kBytesPerFrame = 4;
  const int blocks = seconds * 100;
  const auto data_bytes = static_cast<std::uint32_t>(blocks * audio::kBlockFrames) * kBytesPerFrame;
  std::string wav = "RIFF";
  wav.reserve(44 + data_bytes);
  put_u32(wav, 36 + data_bytes);
  wav += "WAVEfmt ";
  put_u32(wav, 16);
  put_u16(wav, 1);
  put_u16(wav, audio::kChannels);
  put_u32(wav, static_cast<std::uint32_t>(base::kSampleRate));
  put_u32(wav, static_cast<std::uint32_t>(base::kSampleRate) * kBytesPerFrame);
  put_u16(wav, kBytesPerFrame);
  put_u16(wav, 16);
  wav += "data";
  put_u32(wav, data_bytes);

  audio::GeneratedMusic music(seed);
  audio::StereoBlock block;
  for (int i = 0; i < blocks; ++i) {
    music.fill(block);
    const int to_end = std::min(i, blocks - 1 - i);
    const float gain = static_cast<float>(std::min(to_end, kFadeBlocks)) / kFadeBlocks;
    for (const float sample : block) {
      const auto value =
          static_cast<std::int32_t>(std::lround(std::clamp(sample * gain, -1.0F, 1.0F) * 32767.0F));
      put_u16(wav, static_cast<std::uint32_t>(value) & 0xffffU);
    }
  }
  return wav;
}

}  // namespace shelcaster::app
