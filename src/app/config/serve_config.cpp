#include "app/config/serve_config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>

namespace shelcaster::app {
namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

class Loader {
 public:
  base::Result<ServeConfig> load(const ConfigSources& sources) {
    if (sources.file) take_file(*sources.file);
    for (const Setting& setting : serve_settings()) {
      const std::string name = setting.environment_name();
      const char* text = sources.environment ? sources.environment(name.c_str()) : nullptr;
      if (text != nullptr && *text != '\0') take_text(setting, name, text);
    }
    for (const Setting& setting : serve_settings()) {
      const auto found = sources.flags.find(std::string(setting.flag));
      if (found != sources.flags.end()) {
        take_text(setting, fmt::format("--{}", setting.flag), found->second);
      }
    }
    check_together();
    if (errors_.empty()) return config_;
    std::string all;
    for (const std::string& error : errors_) all += (all.empty() ? "" : "\n") + error;
    return base::fail(std::move(all));
  }

 private:
  void take_file(const std::filesystem::path& path) {
    toml::table file;
    try {
      file = toml::parse_file(path.string());
    } catch (const toml::parse_error& error) {
      errors_.push_back(
          fmt::format("{}:{}: {}", path.string(), error.source().begin.line, error.description()));
      return;
    }
    file_ = path.string();
    take_table(file, "");
  }

  void take_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) {
      const std::string key = prefix + std::string(name.str());
      const auto found = std::find_if(serve_settings().begin(), serve_settings().end(),
                                      [&](const Setting& s) { return s.key == key; });
      if (found != serve_settings().end()) {
        take_node(*found, node);
      } else if (node.is_table()) {
        take_table(*node.as_table(), key + ".");
      } else {
        errors_.push_back(fmt::format("{}:{}: {}: no such setting; see config/shelcaster.toml",
                                      file_, node.source().begin.line, key));
      }
    }
  }

  void take_node(const Setting& setting, const toml::node& node) {
    const std::string where =
        fmt::format("{}:{}: {}", file_, node.source().begin.line, setting.key);
    std::visit([&](auto field) { take(setting, where, node, config_.*field); }, setting.field);
  }

  void take_text(const Setting& setting, const std::string& where, const std::string& text) {
    std::visit([&](auto field) { take(setting, where, text, config_.*field); }, setting.field);
  }

  // Out of the file.

  void take(const Setting& /*setting*/, const std::string& where, const toml::node& node,
            std::string& value) {
    if (!take_exactly(node, value)) errors_.push_back(where + ": must be a text in quotes");
  }
  void take(const Setting& setting, const std::string& where, const toml::node& node,
            std::int64_t& value) {
    std::int64_t number = 0;
    if (take_exactly(node, number)) return set_number(setting, where, number, value);
    errors_.push_back(where + ": must be a whole number");
  }
  void take(const Setting& /*setting*/, const std::string& where, const toml::node& node,
            bool& value) {
    if (!take_exactly(node, value)) errors_.push_back(where + ": must be true or false");
  }
  void take(const Setting& /*setting*/, const std::string& where, const toml::node& node,
            std::vector<std::string>& value) {
    std::vector<std::string> list;
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& element : *array) {
        if (const auto text = element.value_exact<std::string>()) list.push_back(*text);
      }
      if (list.size() == array->size() && (!list.empty() || value.empty())) {
        value = std::move(list);
        return;
      }
    }
    errors_.push_back(where + ": must be a list of texts, at least one");
  }
  template <typename T>
  static bool take_exactly(const toml::node& node, T& to) {
    auto value = node.value_exact<T>();
    if (value) to = *std::move(value);
    return value.has_value();
  }

  // Out of the environment or the command line.

  void take(const Setting& /*setting*/, const std::string& /*where*/, const std::string& text,
            std::string& value) {
    value = text;
  }
  void take(const Setting& setting, const std::string& where, const std::string& text,
            std::int64_t& value) {
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed == std::errc() && end == text.data() + text.size()) {
      return set_number(setting, where, number, value);
    }
    errors_.push_back(fmt::format("{}: must be a whole number (got \"{}\")", where, text));
  }
  void take(const Setting& /*setting*/, const std::string& where, const std::string& text,
            bool& value) {
    if (text == "true" || text == "1") {
      value = true;
    } else if (text == "false" || text == "0") {
      value = false;
    } else {
      errors_.push_back(fmt::format("{}: must be true or false (got \"{}\")", where, text));
    }
  }
  void take(const Setting& /*setting*/, const std::string& where, std::string_view text,
            std::vector<std::string>& value) {
    std::vector<std::string> list;
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      if (std::string part = trimmed(text.substr(0, comma)); !part.empty()) {
        list.push_back(std::move(part));
      }
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
    if (list.empty()) {
      errors_.push_back(where + ": must have at least one entry");
      return;
    }
    value = std::move(list);
  }

  void set_number(const Setting& setting, const std::string& where, std::int64_t number,
                  std::int64_t& value) {
    if (number < setting.min || number > setting.max) {
      errors_.push_back(fmt::format("{}: must be from {} to {} (got {})", where, setting.min,
                                    setting.max, number));
      return;
    }
    value = number;
  }

  void check_together() {
    if (config_.tls_certificate.empty() != config_.tls_key.empty()) {
      errors_.push_back("http.tls_certificate and http.tls_key: both or none");
    }
    for (std::string& mistake : mistakes_in(config_)) errors_.push_back(std::move(mistake));
    if (const std::string& url = config_.webhook_url;
        !url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
      // It isn't told, since such URLs often hold a secret.
      errors_.push_back("alerts.webhook_url: must begin with http:// or https://");
    }
    if (config_.listen.rfind(':') == std::string::npos) {
      errors_.push_back(
          fmt::format("http.listen: must be address:port (got \"{}\")", config_.listen));
    }
  }

  ServeConfig config_;
  std::string file_;
  std::vector<std::string> errors_;
};

}  // namespace

base::Result<ServeConfig> load_serve_config(const ConfigSources& sources) {
  return Loader().load(sources);
}

}  // namespace shelcaster::app
