#include "media/detail/card.hpp"

#include <algorithm>
#include <cmath>

namespace shelcaster::media::detail {
namespace {

struct Colour {
  double y, u, v;
};
constexpr Colour kGround{30, 134, 126};
constexpr Colour kDot{150, 78, 190};
constexpr Colour kWave{120, 128, 134};

/// 1 inside, 0 outside, soft over two pixels.
double inside(double distance) { return std::clamp(0.5 - distance / 2.0, 0.0, 1.0); }

Colour blend(const Colour& under, const Colour& over, double share) {
  return {under.y + (over.y - under.y) * share, under.u + (over.u - under.u) * share,
          under.v + (over.v - under.v) * share};
}

Colour colour_at(double x, double y, double unit) {
  const double radius = std::hypot(x, y);
  Colour colour = blend(kGround, kDot, inside(radius - unit));
  const bool is_sideways = std::abs(y) < std::abs(x) * 0.75;
  for (int wave = 1; wave <= 3 && is_sideways; ++wave) {
    const double ring = std::abs(radius - unit * (1.0 + wave)) - unit * 0.15;
    colour = blend(colour, kWave, inside(ring) * (1.0 - 0.25 * wave));
  }
  return colour;
}

std::uint8_t level(double value) { return static_cast<std::uint8_t>(std::lround(value)); }

}  // namespace

Card draw_card(std::size_t width, std::size_t height) {
  Card card{width, height, {}, {}, {}};
  const double unit = static_cast<double>(height) / 11.0;
  for (std::size_t row = 0; row < height; ++row) {
    for (std::size_t column = 0; column < width; ++column) {
      const double x = static_cast<double>(column) - static_cast<double>(width) / 2.0;
      const double y = static_cast<double>(row) - static_cast<double>(height) / 2.0;
      const Colour colour = colour_at(x, y, unit);
      card.y.push_back(level(colour.y));
      if (row % 2 != 0 || column % 2 != 0) continue;
      card.u.push_back(level(colour.u));
      card.v.push_back(level(colour.v));
    }
  }
  return card;
}

}  // namespace shelcaster::media::detail
