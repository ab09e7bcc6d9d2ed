#include "output/rtmp/flv_body.hpp"

#include <cstdlib>
#include <vector>

namespace shelcaster::output {
namespace {

// E.4.2.1: AAC (10), 44 kHz, 16 bit, stereo, whatever the frame says itself.
constexpr std::uint8_t kAacTag = 0xaf;
// E.4.3.1: a key frame (1) or another (2), AVC (7).
constexpr std::uint8_t kAvcKeyTag = 0x17;
constexpr std::uint8_t kAvcTag = 0x27;
constexpr std::uint8_t kNalSps = 7;
constexpr std::uint8_t kNalPps = 8;

std::uint8_t type_of(base::ByteSpan nal) { return std::to_integer<std::uint8_t>(nal[0]) & 0x1fU; }

/// NAL units between start codes (ISO/IEC 14496-10 Annex B), without the zeros before those.
std::vector<base::ByteSpan> nal_units(base::ByteSpan bytes) {
  std::vector<base::ByteSpan> units;
  std::size_t begin = bytes.size();
  const auto close = [&](std::size_t end) {
    while (end > begin && bytes[end - 1] == std::byte{0}) --end;
    if (end > begin) units.push_back(bytes.subspan(begin, end - begin));
  };
  for (std::size_t at = 0; at + 3 <= bytes.size(); ++at) {
    if (bytes[at] != std::byte{0} || bytes[at + 1] != std::byte{0} ||
        bytes[at + 2] != std::byte{1}) {
      continue;
    }
    if (begin < bytes.size()) close(at);
    begin = at + 3;
    at += 2;
  }
  if (begin < bytes.size()) close(bytes.size());
  return units;
}

/// AVCPacketType and a composition time of 0, since pictures come out in their order.
base::Bytes avc_body(std::uint8_t tag, std::uint8_t packet_type) {
  base::Bytes out;
  base::append(out, tag, 1);
  base::append(out, packet_type, 1);
  base::append(out, 0, 3);
  return out;
}

}  // namespace

base::Bytes flv_aac_config(base::ByteSpan config) {
  base::Bytes out;
  base::append(out, kAacTag, 1);
  base::append(out, 0, 1);
  base::append(out, config);
  return out;
}

base::Bytes flv_aac_frame(base::ByteSpan frame) {
  base::Bytes out;
  base::append(out, kAacTag, 1);
  base::append(out, 1, 1);
  base::append(out, frame);
  return out;
}

base::Bytes flv_avc_config(base::ByteSpan annex_b) {
  base::ByteSpan sps, pps;
  for (const base::ByteSpan nal : nal_units(annex_b)) {
    if (type_of(nal) == kNalSps) sps = nal;
    if (type_of(nal) == kNalPps) pps = nal;
  }
  if (sps.size() < 4 || pps.empty()) std::abort();  // it is our own encoder's
  base::Bytes out = avc_body(kAvcKeyTag, 0);
  base::append(out, 1, 1);
  base::append(out, sps.subspan(1, 3));  // profile, compatibility, level
  base::append(out, 0xff, 1);            // lengths of four bytes
  base::append(out, 0xe1, 1);            // one SPS
  base::append(out, sps.size(), 2);
  base::append(out, sps);
  base::append(out, 1, 1);
  base::append(out, pps.size(), 2);
  base::append(out, pps);
  return out;
}

base::Bytes flv_avc_frame(base::ByteSpan annex_b, bool is_idr) {
  base::Bytes out = avc_body(is_idr ? kAvcKeyTag : kAvcTag, 1);
  for (const base::ByteSpan nal : nal_units(annex_b)) {
    if (type_of(nal) == kNalSps || type_of(nal) == kNalPps) continue;
    base::append(out, nal.size(), 4);
    base::append(out, nal);
  }
  return out;
}

base::Bytes flv_avc_end() { return avc_body(kAvcKeyTag, 2); }

}  // namespace shelcaster::output
