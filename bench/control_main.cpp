// How long a step of the control thread takes: an Api over SQLite on a real disk, with shows whose
// keepers report and desks that move faders, in real time. A step is whatever holds up everybody
// else on that thread: a request, a report, a tick. As JSON, once with commits that wait for the
// disk and once, as serve has it, with a thread that syncs behind them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control/test_world.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace shelcaster::bench {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kRound = 50ms;
constexpr int kRoundsATick = 5;
constexpr int kRoundsAReport = 40;

struct Options {
  int shows = 50;
  int desks = 20;
  int seconds = 20;
  std::string folder = std::filesystem::temp_directory_path();
};

class World final : public control::TestWorld {
 public:
  World(store::Store& disk, const Options& options) : options_(options) {
    used_store = &disk;
    restart();
    for (int i = 0; i < options.shows; ++i) shows_.push_back(make_live_show());
  }

  /// Milliseconds of each step.
  std::vector<double> run() {
    std::vector<double> steps;
    const auto timed = [&steps](const auto& step) {
      const auto began = Clock::now();
      step();
      steps.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    };
    const int rounds = static_cast<int>(std::chrono::seconds(options_.seconds) / kRound);
    const auto began = Clock::now();
    for (int round = 0; round < rounds; ++round) {
      std::this_thread::sleep_until(began + round * kRound);
      clock.elapsed += kRound;
      for (int desk = 0; desk < options_.desks; ++desk) {
        timed([&] { move_fader(show_of(desk), round); });
      }
      for (int i = 0; i < options_.shows; ++i) {
        const bool is_due = (round + i) % kRoundsAReport == 0;
        if (is_due) timed([&] { report(shows_[static_cast<std::size_t>(i)], round); });
      }
      if (round % kRoundsATick == 0) timed([&] { api->handle_tick(); });
      stages.sent.clear();
    }
    return steps;
  }

 private:
  [[nodiscard]] const std::string& show_of(int desk) const {
    return shows_[static_cast<std::size_t>(desk % options_.shows)];
  }
  void move_fader(const std::string& show, int round) {
    call("PUT", "/shows/" + show + "/audio-routing",
         fmt::format(R"({{"masterVolume":{}}})", round % 101));
  }
  void report(const std::string& show, int round) {
    report_running(show);
    from_keeper(show, {{"type", "deck"},
                       {"state", "PLAYING"},
                       {"itemId", "item-1"},
                       {"positionMs", round * (kRound / 1ms)}});
  }

  const Options options_;
  std::vector<std::string> shows_;
};

json::object figures(std::vector<double> steps) {
  std::sort(steps.begin(), steps.end());
  const auto at = [&](double part) {
    return steps[static_cast<std::size_t>(part * static_cast<double>(steps.size() - 1))];
  };
  return {{"steps", steps.size()},
          {"p50Ms", at(0.5)},
          {"p99Ms", at(0.99)},
          {"p999Ms", at(0.999)},
          {"maxMs", at(1)}};
}

/// In a folder of its own, which goes.
template <typename Work>
json::object with_file(const Options& options, Work work) {
  std::string folder = (std::filesystem::path(options.folder) / "bench-control-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    fmt::print(stderr, "bench_control: can't make a folder in {}\n", options.folder);
    std::exit(1);
  }
  json::object found = work(std::filesystem::path(folder) / "shelcaster.db");
  std::filesystem::remove_all(folder);
  return found;
}

json::object measured(const Options& options) {
  return with_file(options, [&](const std::filesystem::path& file) {
    const auto disk = store::SqliteStore::open(file).value();
    return figures(World(*disk, options).run());
  });
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"How long a step of the control thread takes."};
  app.add_option("--shows", options.shows, "on the air")->check(CLI::Range(1, 1'000));
  app.add_option("--desks", options.desks, "that each move a fader 20 times a second")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--seconds", options.seconds, "of each run")->check(CLI::Range(1, 3'600));
  app.add_option("--folder", options.folder, "on the disk that is meant");
  CLI11_PARSE(app, argc, argv);
  json::object found = measured(options);
  found["shows"] = options.shows;
  found["desks"] = options.desks;
  fmt::print("{}\n", json::serialize(found));
  return 0;
}

}  // namespace
}  // namespace shelcaster::bench

int main(int argc, char** argv) { return shelcaster::bench::run(argc, argv); }
