#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace shelcaster::sim {

/// 200 ms at 8 kHz: what one look at a sound takes.
inline constexpr std::size_t kLookSamples = 1600;
inline constexpr std::size_t kLookStep = 6;  // from 48 kHz
using Look = std::array<float, kLookSamples>;

/// How loud each of some known tones is in a look, by correlation under a Hann window. Tones that
/// are 50 Hz apart don't disturb each other by more than −90 dB.
class ToneBank {
 public:
  /// Returns the tone's index.
  std::size_t add(double hz);
  /// Peak level of the sine that is there; −120 if none.
  [[nodiscard]] float level_db(std::span<const float, kLookSamples> look, std::size_t tone) const;

 private:
  struct Reference {
    Look cosine;
    Look sine;
  };
  std::vector<Reference> references_;
};

}  // namespace shelcaster::sim
