#include "app/mix/recovery/inheritance.hpp"

#include <boost/json/parse.hpp>

#include "base/log.hpp"
#include "base/secret.hpp"

namespace shelcaster::app {

std::optional<Inheritance> read_inheritance(const tape::Checkpoint& checkpoint) {
  constexpr std::uint32_t kWithPacketsMax = 1;
  constexpr std::uint32_t kWithSoundMax = 2;
  constexpr std::uint32_t kWithPeopleMax = 3;
  const std::uint32_t starts = checkpoint.starts();
  auto stage = checkpoint.read_stage();
  const auto sound = checkpoint.read_sound();
  if (!stage || !sound) return std::nullopt;
  if (starts > kWithPeopleMax) {
    base::log::error("mix", "start {} in a row: beginning anew, without the sessions", starts);
    return std::nullopt;
  }
  boost::system::error_code error;
  boost::json::value parsed = boost::json::parse(base::as_text(*stage), error);
  base::cleanse(stage->data(), stage->size());
  auto memory = parse_sound_memory(*sound);
  if (error || !parsed.is_object() || !memory) {
    base::log::error("mix", "the checkpoint doesn't hang together: beginning anew");
    return std::nullopt;
  }
  Inheritance inheritance{.stage = std::move(parsed.get_object()),
                          .sound = *std::move(memory),
                          .packets = {},
                          .has_sound = starts <= kWithSoundMax};
  if (starts <= kWithPacketsMax) inheritance.packets = checkpoint.journal().packets();
  if (starts > kWithPacketsMax) {
    base::log::warn("mix", "start {} in a row: without the packets that waited{}", starts,
                    inheritance.has_sound ? "" : ", and without engine and deck");
  }
  return inheritance;
}

}  // namespace shelcaster::app
