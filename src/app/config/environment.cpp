#include "app/config/environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "app/config/serve_config.hpp"

namespace shelcaster::app {
namespace {

constexpr std::string_view kPrefix = "SHELCASTER_";
constexpr std::size_t kNameLengthMax = 64;  // longer than any of ours; also bounds the comparison

/// Those that are no settings.
constexpr std::string_view kOthers[] = {"SHELCASTER_ADMIN_TOKEN", "SHELCASTER_CONFIG",
                                        "SHELCASTER_TOKEN", "SHELCASTER_WEBHOOK_SECRET"};

std::vector<std::string> known_names() {
  std::vector<std::string> names(std::begin(kOthers), std::end(kOthers));
  for (const Setting& setting : serve_settings()) names.push_back(setting.environment_name());
  return names;
}

/// How many letters have to be put in, taken out or replaced (Levenshtein's distance).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> unknown_variables(std::span<const char* const> environment) {
  const std::vector<std::string> known = known_names();
  std::vector<std::string> sentences;
  for (const std::string_view variable : environment) {
    if (!variable.starts_with(kPrefix)) continue;
    const std::string_view name = variable.substr(0, std::min(variable.find('='), kNameLengthMax));
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto nearest = std::ranges::min_element(
        known, {}, [&](const std::string& one) { return distance(name, one); });
    sentences.push_back(fmt::format(
        "{}: there is no such setting, and it does nothing; the nearest is {}", name, *nearest));
  }
  return sentences;
}

}  // namespace shelcaster::app
