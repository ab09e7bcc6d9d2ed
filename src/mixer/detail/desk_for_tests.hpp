#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "audio/tone.hpp"
#include "mixer/engine.hpp"

namespace shelcaster::mixer {

/// The sharpest corner in interleaved stereo, as the greatest second difference in one channel: a
/// smooth signal has little of it, a click is nothing else.
inline double sharpest_corner(std::span<const float> stereo) {
  double sharpest = 0;
  for (std::size_t i = 4; i < stereo.size(); ++i) {
    const double corner =
        std::fabs(static_cast<double>(stereo[i]) - 2 * static_cast<double>(stereo[i - 2]) +
                  static_cast<double>(stereo[i - 4]));
    sharpest = corner > sharpest ? corner : sharpest;
  }
  return sharpest;
}

/// An engine with a tone at each strip, which collects what everybody hears.
class TestDesk {
 public:
  struct Heard {
    std::vector<float> programme;
    std::vector<std::vector<float>> returns;  // per strip: own return, else programme
    std::vector<bool> had_own_return;         // in the last block
  };

  explicit TestDesk(int strips)
      : engine_(std::make_unique<Engine>(EngineLimits{.strips_max = strips})),
        sources_(static_cast<std::size_t>(strips)),
        blocks_(static_cast<std::size_t>(strips)),
        inputs_(static_cast<std::size_t>(strips)) {}

  Engine& engine() { return *engine_; }
  const Rendered& last() const { return rendered_; }
  void apply(const Command& command) { engine_->apply(command); }

  void add(int strip, StripKind kind, double hz, float level_db = -20.0F) {
    apply(AddStrip{{strip}, kind});
    source(strip) = {.tone = audio::Tone(hz, level_db), .fixed = nullptr, .is_connected = true};
  }
  void set_connected(int strip, bool is_connected) { source(strip).is_connected = is_connected; }
  void replace_input(int strip, const audio::StereoBlock* block) { source(strip).fixed = block; }

  Heard run(int blocks) {
    Heard heard;
    heard.returns.resize(sources_.size());
    heard.had_own_return.resize(sources_.size());
    for (int b = 0; b < blocks; ++b) {
      for (std::size_t i = 0; i < sources_.size(); ++i) {
        Source& from = sources_[i];
        if (from.tone) from.tone->fill(blocks_[i]);
        inputs_[i].samples = from.fixed != nullptr            ? from.fixed
                             : from.tone && from.is_connected ? &blocks_[i]
                                                              : nullptr;
      }
      engine_->render(at_, inputs_, rendered_);
      at_ = at_ + audio::kBlockFrames;
      append(rendered_.programme, heard.programme);
      for (std::size_t i = 0; i < sources_.size(); ++i) {
        const bool has_own = rendered_.has_own_return[i];
        heard.had_own_return[i] = has_own;
        append(has_own ? rendered_.mix_minus[i] : rendered_.programme, heard.returns[i]);
      }
    }
    return heard;
  }

 private:
  struct Source {
    std::optional<audio::Tone> tone;
    const audio::StereoBlock* fixed = nullptr;
    bool is_connected = false;
  };

  Source& source(int strip) { return sources_[static_cast<std::size_t>(strip)]; }
  static void append(const audio::StereoBlock& block, std::vector<float>& to) {
    to.insert(to.end(), block.begin(), block.end());
  }

  std::unique_ptr<Engine> engine_;
  std::vector<Source> sources_;
  std::vector<audio::StereoBlock> blocks_;
  std::vector<StripInput> inputs_;
  Rendered rendered_;
  base::SampleTime at_;
};

}  // namespace shelcaster::mixer
