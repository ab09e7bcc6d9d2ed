#include "output/rtmp/chunk_stream.hpp"

#include <algorithm>
#include <utility>

namespace shelcaster::output {
namespace {

constexpr std::size_t kMessageBytesMax = 64 * 1024;
constexpr std::size_t kStreamsMax = 16;
constexpr std::uint32_t kExtended = 0xff'ffff;

/// Chunk streams in use by type, as most publishers have them.
std::uint8_t chunk_stream_of(RtmpMessageType type) {
  switch (type) {
    case RtmpMessageType::kAudio:
      return 4;
    case RtmpMessageType::kVideo:
      return 6;
    case RtmpMessageType::kData:
      return 5;
    case RtmpMessageType::kCommand:
    case RtmpMessageType::kCommandAmf3:
      return 3;
    default:
      return 2;
  }
}

}  // namespace

base::Result<std::optional<RtmpMessage>> ChunkReader::next() {
  for (;;) {
    const auto step = read_chunk();
    if (!step) return tl::unexpected(step.error());
    if (*step == Step::kNeedsMore) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken_));
      taken_ = 0;
      return std::nullopt;
    }
    if (*step == Step::kChunk) continue;
    Stream& stream = streams_[finished_];
    stream.is_begun = false;
    RtmpMessage message = stream.message;
    stream.message.body.clear();
    if (auto obeyed = obey(message); !obeyed) return tl::unexpected(obeyed.error());
    return message;
  }
}

base::Result<ChunkReader::Step> ChunkReader::read_chunk() {
  base::ByteReader reader(base::ByteSpan(waiting_).subspan(taken_));
  const std::size_t before = reader.remaining();
  const std::uint8_t first = reader.u8();
  std::uint32_t id = first & 0x3fU;
  if (id == 0)
    id = 64U + reader.u8();
  else if (id == 1)
    id = 64U + reader.u8() + 256U * reader.u8();
  const unsigned format = first >> 6U;
  const std::uint32_t time = format <= 2 ? reader.u24() : 0;
  const std::uint32_t length = format <= 1 ? reader.u24() : 0;
  const std::uint8_t type = format <= 1 ? reader.u8() : std::uint8_t{0};
  base::ByteReader little(format == 0 ? reader.take(4) : base::ByteSpan());
  if (!reader.ok()) return Step::kNeedsMore;
  if (!streams_.contains(id)) {
    if (streams_.size() >= kStreamsMax) return base::fail("the server uses too many streams");
    if (format != 0) return base::fail("the server's stream begins in the middle");
  }
  Stream& stream = streams_[id];
  const bool is_extended = format <= 2 ? time == kExtended : stream.is_extended;
  const std::uint32_t stamp = is_extended ? reader.u32() : time;
  const std::uint32_t wanted = format <= 1 ? length : stream.length;
  if (wanted > kMessageBytesMax) return base::fail("the server sent too large a message");
  const std::size_t have = stream.is_begun && format == 3 ? stream.message.body.size() : 0;
  const base::ByteSpan part = reader.take(std::min(wanted - have, chunk_bytes_));
  if (!reader.ok()) return Step::kNeedsMore;
  taken_ += before - reader.remaining();

  if (!stream.is_begun || format != 3) {
    stream.message.body.clear();
    stream.is_extended = is_extended;
    if (format <= 1) {
      stream.length = length;
      stream.message.type = type;
    }
    if (format == 0) {
      std::uint32_t stream_id = 0;
      for (unsigned shift = 0; shift < 32; shift += 8) {
        stream_id |= std::uint32_t{little.u8()} << shift;
      }
      stream.message.stream_id = stream_id;
      stream.message.timestamp_ms = stamp;
      stream.delta_ms = stamp;
    } else {
      if (format <= 2) stream.delta_ms = stamp;
      stream.message.timestamp_ms += stream.delta_ms;
    }
    stream.is_begun = true;
  }
  stream.message.body.insert(stream.message.body.end(), part.begin(), part.end());
  if (stream.message.body.size() < stream.length) return Step::kChunk;
  finished_ = id;
  return Step::kMessage;
}

base::Result<void> ChunkReader::obey(const RtmpMessage& message) {
  base::ByteReader reader(message.body);
  if (message.type == static_cast<std::uint8_t>(RtmpMessageType::kSetChunkSize)) {
    const std::uint32_t size = reader.u32();
    if (!reader.ok() || size == 0 || size > 0x7fff'ffffU) {
      return base::fail("the server announced an impossible chunk size");
    }
    chunk_bytes_ = size;
  } else if (message.type == static_cast<std::uint8_t>(RtmpMessageType::kAbort)) {
    const auto found = streams_.find(reader.u32());
    if (found != streams_.end()) {
      found->second.message.body.clear();
      found->second.is_begun = false;
    }
  }
  return {};
}

void ChunkWriter::write(RtmpMessageType type, std::uint32_t stream_id, std::uint32_t timestamp_ms,
                        base::ByteSpan body, base::Bytes& out) const {
  const std::uint8_t id = chunk_stream_of(type);
  const bool is_extended = timestamp_ms >= kExtended;
  base::append(out, id, 1);  // format 0
  base::append(out, is_extended ? kExtended : timestamp_ms, 3);
  base::append(out, body.size(), 3);
  base::append(out, static_cast<std::uint8_t>(type), 1);
  for (unsigned shift = 0; shift < 32; shift += 8) base::append(out, stream_id >> shift & 0xffU, 1);
  if (is_extended) base::append(out, timestamp_ms, 4);
  for (;;) {
    const base::ByteSpan part = body.first(std::min(body.size(), chunk_bytes_));
    base::append(out, part);
    body = body.subspan(part.size());
    if (body.empty()) return;
    base::append(out, 0xc0U | id, 1);  // format 3
    if (is_extended) base::append(out, timestamp_ms, 4);
  }
}

}  // namespace shelcaster::output
