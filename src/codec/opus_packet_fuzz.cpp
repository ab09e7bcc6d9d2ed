#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "codec/opus_decoder.hpp"

// Packets of a caller, one after the other (a length byte, then so many bytes): what we say of one
// without decoding is what the decoder makes of it, and nothing is written behind the room.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  static codec::OpusDecoder mono(1);
  static codec::OpusDecoder stereo(2);
  mono.reset();
  stereo.reset();
  static std::array<float, 2 * codec::kOpusFramesMax> out;
  base::ByteSpan rest = std::as_bytes(std::span(data, size));
  for (int packets = 0; packets < 8 && !rest.empty(); ++packets) {
    const auto length = std::to_integer<std::size_t>(rest.front());
    rest = rest.subspan(1);
    const base::ByteSpan packet = rest.first(std::min(length, rest.size()));
    rest = rest.subspan(packet.size());
    const int frames = codec::opus_frames(packet);
    if (frames < 0 || frames > codec::kOpusFramesMax) std::abort();
    (void)codec::opus_channels(packet);
    (void)codec::opus_has_fec(packet);
    for (codec::OpusDecoder* decoder : {&mono, &stereo}) {
      const auto room = std::span(out).first(static_cast<std::size_t>(decoder->channels()) *
                                             codec::kOpusFramesMax);
      const int decoded = decoder->decode(packet, room);
      if (decoded != 0 && decoded != frames) std::abort();
      (void)decoder->decode_fec(packet, 960, room);
      (void)decoder->conceal(480, room);
    }
  }
  return 0;
}
