#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>
#include <string>

#include "control/routes.hpp"

// api/openapi.yaml is the contract that people and the pages' types are made from: it names exactly
// the paths and methods that there are.
namespace shelcaster::control {
namespace {

/// "/shows/{showId}" → "/shows/{}": the names of parameters are for people.
std::string without_names(std::string_view path) {
  std::string out;
  bool is_name = false;
  for (const char c : path) {
    if (c == '}') is_name = false;
    if (!is_name) out += c;
    if (c == '{') is_name = true;
  }
  return out;
}

std::set<std::string> described() {
  std::ifstream file(SHELCASTER_OPENAPI_FILE);
  EXPECT_TRUE(file) << SHELCASTER_OPENAPI_FILE;
  std::set<std::string> found;
  std::string line, path;
  bool is_in_paths = false;
  while (std::getline(file, line)) {
    if (!line.empty() && line.front() != ' ' && line.front() != '#') {
      is_in_paths = line.starts_with("paths:");
    }
    if (!is_in_paths) continue;
    if (line.starts_with("  /")) path = line.substr(2, line.rfind(':') - 2);
    if (!line.starts_with("    ") || line.starts_with("     ")) continue;
    std::string method = line.substr(4, line.find(':') - 4);
    static const std::set<std::string> kMethods{"get", "post", "put", "patch", "delete"};
    if (!kMethods.contains(method)) continue;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    found.insert(method + " " + without_names(path));
  }
  return found;
}

TEST(OpenApi, NamesExactlyTheRoutesThatThereAre) {
  std::set<std::string> there;
  for (const Route& route : routes()) {
    there.insert(std::string(route.method) + " " + without_names(route.pattern));
  }
  EXPECT_EQ(there.size(), routes().size()) << "two routes fit the same request";
  EXPECT_THAT(described(), testing::ContainerEq(there));
}

}  // namespace
}  // namespace shelcaster::control
