#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "media/aac_encoder.hpp"

namespace shelcaster::media {

/// Fragmented MP4 (ISO/IEC 14496-12 §8.8) of one AAC track, time scale 48000, whose decode times
/// are the packets' SampleTimes exactly: no edit list, no offset, whichever packet comes first.
class Fmp4Writer {
 public:
  /// `aac_config`: AacEncoder::config(). `fragments_before`: made by earlier writers of this track.
  explicit Fmp4Writer(base::ByteSpan aac_config, std::int64_t fragments_before = 0);
  Fmp4Writer(Fmp4Writer&&) noexcept;
  Fmp4Writer& operator=(Fmp4Writer&&) noexcept;
  ~Fmp4Writer();

  /// ftyp and moov, the same bytes for the same configuration.
  [[nodiscard]] const base::Bytes& init_segment() const;
  /// Packets of one writer follow each other without a gap and begin at 0 or later.
  void add(const AacPacket& packet);
  /// moof and mdat of what was added since the last call.
  [[nodiscard]] base::Bytes take_fragment();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::media
