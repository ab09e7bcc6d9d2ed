#include "app/robot/voice.hpp"

#include <fmt/format.h>

#include <charconv>

namespace shelcaster::app {
namespace {

constexpr float kToneLevelDb = -30.0F;
constexpr std::string_view kTonePrefix = "tone:";

}  // namespace

base::Result<Voice> Voice::parse(std::string_view kind, std::uint64_t seed) {
  if (kind == "speech") return Voice(audio::SpeechLike(seed));
  if (kind == "silence") return Voice(Silence{});
  if (kind.starts_with(kTonePrefix)) {
    const std::string_view number = kind.substr(kTonePrefix.size());
    int hz = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), hz);
    if (error == std::errc() && end == number.data() + number.size() && hz >= 20 && hz <= 20'000) {
      return Voice(audio::Tone(hz, kToneLevelDb));
    }
  }
  return base::fail(
      fmt::format("voice: must be speech, silence or tone:<20–20000> (got \"{}\")", kind));
}

void Voice::fill(audio::StereoBlock& block) noexcept {
  std::visit(
      [&](auto& source) {
        if constexpr (std::is_same_v<std::decay_t<decltype(source)>, Silence>) {
          block.fill(0.0F);
        } else {
          source.fill(block);
        }
      },
      source_);
}

}  // namespace shelcaster::app
