#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "audio/block.hpp"
#include "audio/speech_like.hpp"
#include "audio/tone.hpp"
#include "base/result.hpp"

namespace shelcaster::app {

/// What a robot says into its microphone.
class Voice {
 public:
  /// "speech", "silence" or "tone:<Hz>" (at −30 dBFS, below the compressor's threshold). Each seed
  /// is another speaker.
  static base::Result<Voice> parse(std::string_view kind, std::uint64_t seed);

  void fill(audio::StereoBlock& block) noexcept;

 private:
  struct Silence {};
  using Source = std::variant<Silence, audio::SpeechLike, audio::Tone>;
  explicit Voice(Source source) : source_(source) {}

  Source source_;
};

}  // namespace shelcaster::app
