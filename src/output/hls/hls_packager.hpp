#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/slot_file.hpp"
#include "base/time.hpp"
#include "media/aac_encoder.hpp"
#include "media/fmp4_writer.hpp"
#include "output/hls/hls_state.hpp"

namespace shelcaster::output {

/// 93 AAC frames are 1.984 s: the most that fits a target duration of 2 s.
inline constexpr std::int64_t kHlsSegmentPackets = 93;
inline constexpr std::int64_t kHlsSegmentSamples =
    kHlsSegmentPackets * std::int64_t{media::kAacFrameSamples};
inline constexpr int kHlsTargetDurationS = 2;
/// Segments in the play list: 30 s.
inline constexpr std::size_t kHlsWindowSegments = 15;
/// Segments kept after they left the list, for listeners that hold an old one: over a minute.
inline constexpr std::int64_t kHlsGraceSegments = 31;

/// Writes AAC as HLS into a folder: master.m3u8, index.m3u8, init-<n>.mp4, seg-<n>.m4s and state.
/// What listeners get is complete when its name appears. After a restart in the same folder
/// numbering goes on. One owner; writes files, so not for the audio thread.
class HlsPackager {
 public:
  /// `epoch`: the wall time of sample 0, by which a programme is known again. `start`: where it
  /// begins if the folder doesn't know it yet. Makes the folder if need be, finishes what a
  /// packager that was killed has left half done, and deletes old segments. A disk that can't be
  /// written fails none of it: it begins with the first segment that can be.
  static HlsPackager open(const std::filesystem::path& dir, base::ByteSpan aac_config,
                          base::WallTime epoch, base::SampleTime start);
  /// Why the last write failed; empty when it didn't.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// Where the last packager of this programme stopped, or where the programme begins: the next
  /// packet should be of this time, and then the restart leaves no seam.
  [[nodiscard]] base::SampleTime next_at() const { return next_; }
  /// The programme has its end mark: nothing may be added.
  [[nodiscard]] bool is_finished() const { return state_.is_ended; }

  /// A packet that doesn't begin where the last one ended opens a new segment behind a
  /// discontinuity. An error (disk full) loses the segment, and the next call may succeed again.
  base::Result<void> add(const media::AacPacket& packet);
  /// Writes what is pending as a last, shorter segment, and the end mark.
  base::Result<void> finish();

  /// Packets that are still missing in the segment that is being gathered; at least 1.
  [[nodiscard]] std::int64_t packets_to_segment_end() const {
    return kHlsSegmentPackets - segment_packets_;
  }
  /// -1: none yet.
  [[nodiscard]] std::int64_t last_segment() const { return state_.next_segment - 1; }
  /// The last segment of this programme, if there is one.
  [[nodiscard]] std::optional<HlsSegment> newest() const;
  /// Where the programme ends in the published list.
  [[nodiscard]] std::optional<base::SampleTime> published_until() const;

 private:
  HlsPackager(std::filesystem::path dir, base::ByteSpan aac_config, base::WallTime epoch,
              base::SampleTime start);
  void recover();
  void start_programme();
  base::Result<void> write_init();
  void renew_writer();
  base::Result<void> close_segment();
  base::Result<void> write_segment(const HlsSegment& segment, base::ByteSpan fragment);
  base::Result<void> publish();
  base::Result<void> note(base::Result<void> written);
  void delete_segments_before(std::int64_t number);
  /// A segment that nobody needs any more: the last one is not deleted, but is the next one's file.
  std::optional<std::filesystem::path> take_spare();
  [[nodiscard]] std::int64_t oldest_kept() const;

  std::filesystem::path dir_;
  base::Bytes aac_config_;
  base::WallTime epoch_;
  media::Fmp4Writer writer_;
  HlsState state_;
  base::SlotFile state_file_;
  std::int64_t deleted_before_ = 0;
  std::int64_t init_number_ = 0;
  bool is_init_due_ = false;   // it isn't on the disk
  bool is_master_due_ = true;  // by this process, whose bit rate it names
  bool is_discontinuity_due_ = false;
  std::string problem_;
  base::SampleTime next_;  // where the next packet belongs
  base::SampleTime segment_start_;
  std::int64_t segment_packets_ = 0;
};

}  // namespace shelcaster::output
