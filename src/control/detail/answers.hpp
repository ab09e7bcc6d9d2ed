#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/api.hpp"
#include "control/token.hpp"

// Remembered answers. They are stored without tokens: in the place of each stands whose it was, and
// it is signed anew when the answer is given again.
namespace shelcaster::control::detail {

struct IssuedToken {
  std::string text;
  Scope scope{};
  studio::ShowId show;
  studio::ParticipantId participant;
};

/// Whose answers are remembered together, and how many of them: with one more the oldest goes.
/// Those who ask by one link share a name, and so does a show's desk.
struct AnswerHolder {
  std::string name;
  std::size_t answers_max = 0;
};
AnswerHolder holder_of(const Identity&);

/// What makes two requests with one Idempotency-Key the same: query and body, an upload's too.
std::string request_digest(const Request&);

std::string sealed(std::string body, const std::vector<IssuedToken>&);
/// In the place of a queue, which may be long and changes.
std::string sealed_queue(const studio::ShowId&);

using Sign = std::function<std::string(Scope, const studio::ShowId&, const studio::ParticipantId&)>;
std::string opened(std::string_view stored, const Sign&,
                   const std::function<std::string(const studio::ShowId&)>& queue_text);

}  // namespace shelcaster::control::detail
