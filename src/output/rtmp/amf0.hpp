#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

// AMF 0, the encoding of RTMP's commands ("Action Message Format - AMF 0", Adobe 2007):
//
//   0x00 number   IEEE 754, 8 bytes, big-endian
//   0x01 boolean  1 byte
//   0x02 string   u16 length, UTF-8          (0x0c: u32 length)
//   0x03 object   (u16 length, name, value)*, 0x00 0x00 0x09
//   0x05 null     (0x06: undefined)
//   0x08 array    u32 count, then as an object
namespace shelcaster::output {

class AmfWriter {
 public:
  AmfWriter& number(double value);
  AmfWriter& boolean(bool value);
  /// At most 65535 bytes.
  AmfWriter& text(std::string_view value);
  AmfWriter& null();
  AmfWriter& begin_object();
  /// With `count` members.
  AmfWriter& begin_array(std::uint32_t count);
  AmfWriter& name(std::string_view name);
  AmfWriter& end();

  [[nodiscard]] base::Bytes take() { return std::move(bytes_); }

 private:
  void put_text(std::string_view text);
  base::Bytes bytes_;
};

struct AmfValue {
  enum class Kind : std::uint8_t { kNumber, kBoolean, kText, kObject, kNull };
  Kind kind = Kind::kNull;
  double number = 0;  // a boolean is 0 or 1
  std::string text;
  std::vector<std::string> names;  // of its members, in order
  std::vector<AmfValue> members;

  /// The text of a member; empty where there is none.
  [[nodiscard]] std::string_view text_of(std::string_view name) const;
};

/// All values of a message, at most 256 and 8 deep. What follows a value of a kind that isn't known
/// is left out.
base::Result<std::vector<AmfValue>> parse_amf0(base::ByteSpan bytes);

}  // namespace shelcaster::output
