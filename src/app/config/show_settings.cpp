#include "app/config/show_settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <type_traits>
#include <variant>

#include "app/config/serve_config.hpp"
#include "archive/json_reader.hpp"
#include "archive/json_writer.hpp"
#include "base/fields.hpp"
#include "base/unique_fd.hpp"
#include "launch/handed_text.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;

template <typename Field>
struct IsOfShow : std::false_type {};
template <typename Value>
struct IsOfShow<Value ShowSettings::*> : std::true_type {};

bool is_address(const std::string& ip) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, ip.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, ip.c_str(), address.data()) == 1;
}

}  // namespace

/// Of all settings those whose row leads into ShowSettings.
static void fields(auto& archive, base::Of<ShowSettings> auto& settings) {
  const ShowSettings defaults;
  for (const Setting& setting : serve_settings()) {
    const auto put = [&]<typename Field>(Field field) {
      if constexpr (!IsOfShow<Field>::value) {
        return;
      } else if constexpr (std::is_same_v<Field, std::int64_t ShowSettings::*>) {
        archive.since_later(setting.key, settings.*field, defaults.*field,
                            base::Within{setting.min, setting.max});
      } else {
        archive.since_later(setting.key, settings.*field, defaults.*field);
      }
    };
    std::visit(put, setting.field);
  }
}

std::string to_text(const ShowSettings& settings) {
  return json::serialize(archive::to_json_object(settings));
}

base::Result<ShowSettings> parse_show_settings(std::string_view text) {
  boost::system::error_code failed;
  const json::value value = json::parse(text, failed);
  if (failed || !value.is_object()) return base::fail("settings of a show: no JSON object");
  ShowSettings settings;
  archive::JsonReader reader(value.get_object());
  fields(reader, settings);
  if (!reader.bad().empty()) {
    return base::fail(fmt::format(
        "settings of a show: {} is malformed or beyond its limits; see config/shelcaster.toml",
        reader.bad()));
  }
  if (const auto mistakes = mistakes_in(settings); !mistakes.empty()) {
    return base::fail("settings of a show: " + mistakes.front());
  }
  return settings;
}

base::Result<ShowSettings> take_show_settings(int fd) {
  if (fd < 0) return ShowSettings();
  const base::UniqueFd handed(fd);
  const auto text = launch::read_handed_text(handed.get());
  if (!text) return tl::unexpected(text.error());
  return parse_show_settings(*text);
}

std::vector<std::string> mistakes_in(const ShowSettings& settings) {
  std::vector<std::string> mistakes;
  if (settings.media_port_max < settings.media_port_min) {
    mistakes.push_back(fmt::format("media.port_max: must not be below media.port_min ({} < {})",
                                   settings.media_port_max, settings.media_port_min));
  }
  if (settings.media_port_min == 0 && settings.media_port_max != 0) {
    mistakes.emplace_back("media.port_min: must be set too when media.port_max is");
  }
  static constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warn", "error"};
  if (std::ranges::find(kLevels, settings.log_level) == kLevels.end()) {
    mistakes.push_back(fmt::format("log.level: must be debug, info, warn or error (got \"{}\")",
                                   settings.log_level));
  }
  if (settings.media_ip.empty()) mistakes.emplace_back("media.ip: must have at least one entry");
  for (const std::string& ip : settings.media_ip) {
    if (is_address(ip)) continue;
    mistakes.push_back(fmt::format(
        "media.ip: must be IP addresses at which people reach this machine (got \"{}\")", ip));
  }
  return mistakes;
}

}  // namespace shelcaster::app
