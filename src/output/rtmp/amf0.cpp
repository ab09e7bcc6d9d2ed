#include "output/rtmp/amf0.hpp"

#include <algorithm>
#include <bit>

namespace shelcaster::output {
namespace {

constexpr std::size_t kValuesMax = 256;
constexpr int kDepthMax = 8;
constexpr std::size_t kTextBytesMax = 65'535;

enum Marker : std::uint8_t {
  kNumber = 0x00,
  kBoolean = 0x01,
  kString = 0x02,
  kObject = 0x03,
  kNull = 0x05,
  kUndefined = 0x06,
  kArray = 0x08,
  kEnd = 0x09,
  kLongString = 0x0c
};

class Reader {
 public:
  explicit Reader(base::ByteSpan bytes) : bytes_(bytes) {}

  base::Result<std::vector<AmfValue>> all() {
    std::vector<AmfValue> values;
    while (bytes_.ok() && bytes_.remaining() > 0 && !is_unknown_) {
      AmfValue value;
      if (!read(value, 0)) return base::fail("a command of the server can't be read");
      if (!is_unknown_) values.push_back(std::move(value));
    }
    return values;
  }

 private:
  bool read(AmfValue& out, int depth) {
    if (depth > kDepthMax || ++count_ > kValuesMax) return false;
    const std::uint8_t marker = bytes_.u8();
    switch (marker) {
      case kNumber:
        out.kind = AmfValue::Kind::kNumber;
        out.number = std::bit_cast<double>(bytes_.u64());
        break;
      case kBoolean:
        out.kind = AmfValue::Kind::kBoolean;
        out.number = bytes_.u8() != 0 ? 1 : 0;
        break;
      case kString:
      case kLongString:
        out.kind = AmfValue::Kind::kText;
        out.text = text(marker == kString ? bytes_.u16() : bytes_.u32());
        break;
      case kArray:
        bytes_.skip(4);
        return read_members(out, depth);
      case kObject:
        return read_members(out, depth);
      case kNull:
      case kUndefined:
        break;
      default:
        is_unknown_ = true;
        break;
    }
    return bytes_.ok();
  }

  bool read_members(AmfValue& out, int depth) {
    out.kind = AmfValue::Kind::kObject;
    while (bytes_.ok()) {
      std::string name = text(bytes_.u16());
      if (name.empty() && !bytes_.rest().empty() && bytes_.rest().front() == std::byte{kEnd}) {
        bytes_.skip(1);
        return true;
      }
      AmfValue value;
      if (!read(value, depth + 1)) return false;
      if (is_unknown_) return true;
      out.names.push_back(std::move(name));
      out.members.push_back(std::move(value));
    }
    return false;
  }

  std::string text(std::size_t size) { return std::string(base::as_text(bytes_.take(size))); }

  base::ByteReader bytes_;
  std::size_t count_ = 0;
  bool is_unknown_ = false;
};

}  // namespace

void AmfWriter::put_text(std::string_view text) {
  const std::string_view kept = text.substr(0, kTextBytesMax);
  base::append(bytes_, kept.size(), 2);
  base::append(bytes_, base::as_bytes(kept));
}

AmfWriter& AmfWriter::number(double value) {
  base::append(bytes_, kNumber, 1);
  base::append(bytes_, std::bit_cast<std::uint64_t>(value), 8);
  return *this;
}

AmfWriter& AmfWriter::boolean(bool value) {
  base::append(bytes_, kBoolean, 1);
  base::append(bytes_, value ? 1 : 0, 1);
  return *this;
}

AmfWriter& AmfWriter::text(std::string_view value) {
  base::append(bytes_, kString, 1);
  put_text(value);
  return *this;
}

AmfWriter& AmfWriter::null() {
  base::append(bytes_, kNull, 1);
  return *this;
}

AmfWriter& AmfWriter::begin_object() {
  base::append(bytes_, kObject, 1);
  return *this;
}

AmfWriter& AmfWriter::begin_array(std::uint32_t count) {
  base::append(bytes_, kArray, 1);
  base::append(bytes_, count, 4);
  return *this;
}

AmfWriter& AmfWriter::name(std::string_view name) {
  put_text(name);
  return *this;
}

AmfWriter& AmfWriter::end() {
  base::append(bytes_, kEnd, 3);
  return *this;
}

std::string_view AmfValue::text_of(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return {};
  return members[static_cast<std::size_t>(found - names.begin())].text;
}

base::Result<std::vector<AmfValue>> parse_amf0(base::ByteSpan bytes) { return Reader(bytes).all(); }

}  // namespace shelcaster::output
