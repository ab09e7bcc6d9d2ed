#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "app/publish/destination.hpp"
#include "app/publish/hls_destination.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "media/aac_encoder.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {

/// How far behind the tape's head publishing reads. What a restarted `mix` renders again within
/// this time reaches the listeners without a gap.
inline constexpr std::int64_t kPublishLagSamples = base::kSampleRate * 3 / 10;

/// Frames encoded and thrown away before the first that counts, so that the encoder's window and
/// its bit reservoir stand as if it had never stopped.
inline constexpr std::int64_t kWarmUpFrames = 4;

struct PublishCounters {
  std::uint64_t packets = 0;
  /// Times that the writer of the tape went past us: we were too slow, and jumped.
  std::uint64_t overruns = 0;
  std::uint64_t write_errors = 0;  // of HLS
};

/// Tape → AAC → HLS and whoever else takes what is made of the tape. No thread, no clock: the
/// caller decides when to go on. Goes on where the last publisher of this tape stopped, without a
/// seam, as long as the tape still has that place.
class PublishCore {
 public:
  using Sink = std::function<void(std::shared_ptr<const media::AacPacket>)>;

  using PcmSink = std::function<void(std::shared_ptr<const PcmBlock>)>;
  using MarkSink = std::function<void(std::shared_ptr<const ProgrammeMark>)>;
  /// The error of a write of HLS goes to the caller's log through this; the programme goes on.
  using OnError = HlsDestination::OnError;

  static base::Result<PublishCore> open(int tape_fd, const std::filesystem::path& hls_dir,
                                        OnError on_error);

  /// Gets what is read, too, from here on; nothing: nobody wants it. Blocks before the first packet
  /// come again after a restart: they are what warms the encoder up.
  void set_pcm_sink(PcmSink sink) { pcm_sink_ = std::move(sink); }
  /// Gets what the mixer marks, from the oldest on that the tape still has.
  void set_mark_sink(MarkSink sink) { mark_sink_ = std::move(sink); }
  /// Encodes what the tape has up to the lag, at most a second of it at once. True if there is
  /// more.
  bool advance(const Sink& sink);
  /// Whether the next advance() ends a segment, and so writes files.
  [[nodiscard]] bool is_about_to_write() const;
  /// When the caller will be back at the latest, for who watches.
  void promise(base::Instant at) { tape_.set_publish_due(at); }
  /// When the tape will have what completes the segment that is being gathered: a caller that waits
  /// until then publishes it without further delay.
  [[nodiscard]] base::Instant next_segment_due() const;
  /// The sample peak of a part of the tape, in dBFS; at least -120, also for what it no longer has.
  [[nodiscard]] double peak_db(base::SampleTime from, std::int64_t samples) const;
  /// What was read last was digital silence, and nothing else has come since.
  [[nodiscard]] bool is_at_rest() const;
  /// Encodes up to the head (a last incomplete frame is filled with silence) and ends the play
  /// list.
  base::Result<void> finish(const Sink& sink);

  [[nodiscard]] base::ByteSpan aac_config() const { return encoder_.config(); }
  [[nodiscard]] PublishCounters counters() const;
  [[nodiscard]] const output::HlsPackager& hls() const { return hls_->packager(); }
  [[nodiscard]] tape::Epoch epoch() const { return tape_.epoch(); }
  /// Of what has been read.
  [[nodiscard]] std::int64_t lag_samples() const { return tape_.head() - tape_.reader_position(); }

 private:
  PublishCore(tape::TapeReader tape, media::AacEncoder encoder,
              std::unique_ptr<HlsDestination> hls);
  void start_at(base::SampleTime at);
  enum class Frame { kGone, kSilence, kSound };
  /// Into frame_; silence isn't copied.
  Frame read_frame();
  /// False if the tape no longer has it.
  bool encode_next(const Sink& sink);
  void encode_sound(const Sink& sink);
  void encode_silence(const Sink& sink);
  void pass_on(std::vector<media::AacPacket> packets, const Sink& sink);
  /// The first `frames` of frame_, or as much silence.
  void pass_on_pcm(std::int64_t frames, Frame what);
  void pass_on_marks();
  [[nodiscard]] std::int64_t frames_ready() const;
  void jump_to_edge();

  tape::TapeReader tape_;
  media::AacEncoder encoder_;
  std::unique_ptr<HlsDestination> hls_;
  PcmSink pcm_sink_;
  MarkSink mark_sink_;
  std::uint64_t next_mark_ = 0;
  PublishCounters counters_;
  base::SampleTime position_;      // of the next frame to read; before 0 lies silence
  base::SampleTime first_wanted_;  // packets before it are warm-up
  std::vector<float> frame_;
};

}  // namespace shelcaster::app
