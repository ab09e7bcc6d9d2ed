#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "output/hls/hls_state.hpp"

namespace shelcaster::app {

/// What a published segment sounds like to a listener.
struct JudgedSegment {
  std::int64_t number = 0;
  std::int64_t samples = 0;
  double peak_db = -120;
  std::optional<double> loudness_lufs;
  std::string problem;  // for a person; empty: all is well
};

/// Reads a segment and its init segment from the folder that listeners are served from, decodes
/// them, and compares with what should be there. `tape_peak_db`: of the same time on the tape.
JudgedSegment judge_segment(const std::filesystem::path& hls_dir, const output::HlsSegment& segment,
                            double tape_peak_db);

/// Which segments are judged: decoding each would cost a tenth of encoding it.
class JudgeRota {
 public:
  /// `is_silent`: the tape has nothing there that could be missing.
  [[nodiscard]] bool is_due(std::int64_t segment, bool is_silent) const;
  void note(std::int64_t segment, bool was_good);

 private:
  std::int64_t judged_ = -1;
  bool was_good_ = false;
};

}  // namespace shelcaster::app
