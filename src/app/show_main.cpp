#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/command/command_line.hpp"
#include "app/keeper/keeper_role.hpp"
#include "app/mix/mix_role.hpp"
#include "base/log.hpp"
#include "launch/program.hpp"

// The two roles that a show can't do without, apart from the other ones: here no media library is
// linked, so that neither their memory nor their start pays for any.

namespace shelcaster::app {
namespace {

void add_returns(CLI::App& command, ReturnsConfig& returns) {
  command.add_option("--returns-channels", returns.channels)->check(CLI::Range(1, 2));
  command.add_option("--returns-bitrate-bps", returns.bitrate_bps)
      ->check(CLI::Range(16'000, 256'000));
  command.add_option("--returns-complexity", returns.complexity)->check(CLI::Range(0, 10));
}

void add_compose(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("compose", "the keeper of one show (started by serve)");
  auto options = std::make_shared<KeeperOptions>();
  command->add_option("--show-id", options->show_id)->required();
  command->add_option("--data", options->data_dir)->required();
  command->add_flag("--resume", options->is_resumed);
  command->add_option("--link", options->link_path);
  command->add_option("--media-ip", options->media_addresses);
  command->add_option("--media-port", options->media_port);
  command->add_option("--media-port-min", options->media_port_min);
  command->add_option("--media-port-max", options->media_port_max);
  command->add_option("--tape-seconds", options->tape_seconds)->check(CLI::Range(4, 600));
  command->add_option("--ca-file", options->ca_file);
  command->add_option("--log-level", options->log_level);
  add_returns(*command, options->returns);
  command->callback([&role, options] {
    role = [options] {
      start_log("compose", options->show_id, options->log_level);
      const auto publisher = launch::Sibling::open("shelcaster");
      if (!publisher) {
        base::log::error("keeper", "{}", publisher.error().message);
        return 1;
      }
      options->mix_program = launch::own_executable();
      options->publish_program = publisher->path();
      return run_keeper(*options);
    };
  });
}

void add_mix(CLI::App& app, Role& role) {
  CLI::App* command = app.add_subcommand("mix", "the mixer of one show (started by compose)");
  auto options = std::make_shared<MixOptions>();
  command->add_option("--show-id", options->show_id)->required();
  command->add_option("--link-fd", options->link_fd)->required();
  command->add_option("--udp-fd", options->udp_fd)->required();
  command->add_option("--tape-fd", options->tape_fd)->required();
  command->add_option("--checkpoint-fd", options->checkpoint_fd)->required();
  command->add_option("--media-ip", options->media_addresses)->required();
  add_returns(*command, options->returns);
  auto level = std::make_shared<std::string>("info");
  command->add_option("--log-level", *level);
  command->callback([&role, options, level] {
    role = [options, level] {
      start_log("mix", options->show_id, *level);
      return run_mix(*options);
    };
  });
}

}  // namespace
}  // namespace shelcaster::app

int main(int argc, char** argv) {
  using namespace shelcaster::app;
  run_command_line(argc, argv, "shelcaster-show", "One show of Shelcaster (started by serve)",
                   {add_compose, add_mix});
}
