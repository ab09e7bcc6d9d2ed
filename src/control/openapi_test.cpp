#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "control/problem.hpp"
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

/// Of each operation the statuses that it may answer with.
std::map<std::string, std::set<std::string>> described() {
  std::ifstream file(SHELCASTER_OPENAPI_FILE);
  EXPECT_TRUE(file) << SHELCASTER_OPENAPI_FILE;
  std::map<std::string, std::set<std::string>> found;
  std::string line, path, operation;
  bool is_in_paths = false;
  while (std::getline(file, line)) {
    if (!line.empty() && line.front() != ' ' && line.front() != '#') {
      is_in_paths = line.starts_with("paths:");
    }
    if (!is_in_paths) continue;
    if (line.starts_with("  /")) path = line.substr(2, line.rfind(':') - 2);
    if (line.starts_with("        '") && !operation.empty()) {
      found[operation].insert(line.substr(9, line.find('\'', 9) - 9));
    }
    if (!line.starts_with("    ") || line.starts_with("     ")) continue;
    operation.clear();
    std::string method = line.substr(4, line.find(':') - 4);
    static const std::set<std::string> kMethods{"get", "post", "put", "patch", "delete"};
    if (!kMethods.contains(method)) continue;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    operation = method + " " + without_names(path);
    found[operation];
  }
  return found;
}

TEST(OpenApi, NamesExactlyTheRoutesThatThereAre) {
  std::set<std::string> there;
  for (const Route& route : routes()) {
    there.insert(std::string(route.method) + " " + without_names(route.pattern));
  }
  EXPECT_EQ(there.size(), routes().size()) << "two routes fit the same request";
  // Files that the HTTP server gives out by itself.
  there.insert({"GET /live/{}/index.m3u8", "GET /live/{}/master.m3u8", "GET /openapi.yaml"});
  std::set<std::string> operations;
  for (const auto& [operation, statuses] : described()) operations.insert(operation);
  EXPECT_THAT(operations, testing::ContainerEq(there));
}

/// What the handlers refuse with.
std::set<int> refused_with() {
  const std::regex pattern(R"((?:refuse\(|\{)\s*([45]\d\d),\s)");
  std::set<int> found;
  const auto folder =
      std::filesystem::path(SHELCASTER_OPENAPI_FILE).parent_path() / "../src/control";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp" || entry.path().string().ends_with("_test.cpp"))
      continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator at(source.begin(), source.end(), pattern), end; at != end; ++at) {
      found.insert(std::stoi((*at)[1]));
    }
  }
  return found;
}

TEST(OpenApi, GivesEveryRefusalTheTitleOfItsStatus) {
  std::set<int> statuses = refused_with();
  EXPECT_THAT(statuses, testing::IsSupersetOf({404, 503, 507}));
  for (const auto& [operation, described_of_it] : described()) {
    for (const std::string& status : described_of_it) {
      if (status.front() >= '4') statuses.insert(std::stoi(status));
    }
  }
  std::map<std::string, int> titles;
  for (const int status : statuses) {
    const std::string title(title_of_status(status));
    EXPECT_FALSE(title.empty()) << status;
    EXPECT_TRUE(titles.try_emplace(title, status).second) << status << ": " << title;
  }
}

TEST(OpenApi, SaysWhereverSomebodyIsKnownThatWhatIsStoredMayBeUnreadable) {
  int known = 0;
  for (const auto& [operation, statuses] : described()) {
    if (!statuses.contains("401")) continue;
    ++known;
    EXPECT_TRUE(statuses.contains("409")) << operation;
  }
  EXPECT_GT(known, 50);
}

}  // namespace
}  // namespace shelcaster::control
