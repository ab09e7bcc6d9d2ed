#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shelcaster::media::detail {

/// A picture in planar YUV 4:2:0, BT.601 limited range.
struct Card {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> y;  // width × height
  std::vector<std::uint8_t> u;  // a quarter of that
  std::vector<std::uint8_t> v;
};

/// A warm dot with waves going out to both sides, on a dark ground.
Card draw_card(std::size_t width, std::size_t height);

}  // namespace shelcaster::media::detail
