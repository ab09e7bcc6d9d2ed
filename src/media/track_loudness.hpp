#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace shelcaster::media {

/// Loudness (EBU R128) and true peak of a track, such that a damaged frame or sample doesn't set
/// its gain: what stands out for less than a second, and seldom, isn't the music.
class TrackLoudness {
 public:
  TrackLoudness();
  ~TrackLoudness();

  /// Stereo interleaved at 48 kHz, finite.
  void add(std::span<const float> interleaved);

  struct Measure {
    std::optional<double> lufs;  // nothing is above -70 LUFS
    double true_peak_db = 0;
  };
  /// Of all so far. Costs some of its length: not to be asked after each piece.
  [[nodiscard]] Measure measure() const;

 private:
  struct State;

  void add_piece(std::span<const float> interleaved);

  std::unique_ptr<State> state_;
  std::size_t piece_frames_ = 0;  // of the piece of 100 ms that isn't complete
  float piece_peak_ = 0;
  std::vector<float> energies_;  // of 400 ms each, every 100 ms
  std::vector<float> peaks_;     // of 100 ms each
};

}  // namespace shelcaster::media
