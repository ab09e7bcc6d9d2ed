#include "app/robot/stop_signal.hpp"

#include <csignal>

namespace shelcaster::app {
namespace {

volatile std::sig_atomic_t stop_flag = 0;

extern "C" void note_stop(int /*signal*/) { stop_flag = 1; }

}  // namespace

void catch_stop_signals() {
  (void)std::signal(SIGTERM, note_stop);
  (void)std::signal(SIGINT, note_stop);
}

bool stop_was_asked() { return stop_flag != 0; }

}  // namespace shelcaster::app
