#include "app/serve/process_table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace shelcaster::app {
namespace {

/// proc(5): user and system time are the fields 14 and 15 of stat, in clock ticks. The second field
/// is the name in parentheses, which may have spaces and parentheses of its own.
std::optional<double> cpu_seconds(const std::string& stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<std::int64_t> pss_bytes(std::istream& rollup) {
  std::string line;
  while (std::getline(rollup, line)) {
    if (!line.starts_with("Pss:")) continue;
    std::int64_t kib = 0;
    if (std::istringstream(line.substr(4)) >> kib) return kib * 1024;
  }
  return std::nullopt;
}

}  // namespace

std::optional<control::ProcessUse> ProcessTable::use(std::int64_t pid) const {
  std::ifstream stat_file(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  if (!std::getline(stat_file, stat)) return std::nullopt;
  std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", pid));
  const auto cpu = cpu_seconds(stat);
  const auto pss = pss_bytes(rollup);
  if (!cpu) return std::nullopt;
  return control::ProcessUse{*cpu, pss};
}

}  // namespace shelcaster::app
