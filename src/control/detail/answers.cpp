#include "control/detail/answers.hpp"

#include <algorithm>
#include <optional>

namespace shelcaster::control::detail {

namespace {

/// Each is kept for a day at most. A caller has little to ask by POST; whoever asks by a link are
/// many; a desk gives a command each few seconds, and asks again within minutes.
constexpr std::size_t kAnswersOfACaller = 64;
constexpr std::size_t kAnswersByALink = 1'000;
constexpr std::size_t kAnswersOfADesk = 4'000;

/// Around what stands for a secret. JSON text never has this byte: it writes "\u0001".
constexpr char kMark = '\x01';
constexpr std::string_view kQueue = "queue";

std::optional<Scope> scope_of(std::string_view name) {
  for (const Scope scope : {Scope::kInvitation, Scope::kCaller, Scope::kHost, Scope::kAdmin}) {
    if (to_string(scope) == name) return scope;
  }
  return std::nullopt;
}

/// Takes the words up to the next space.
std::string next_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  std::string word(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

AnswerHolder holder_of(const Identity& who) {
  switch (who.scope) {
    case Scope::kCaller:
      return {"caller " + who.show_id.str() + " " + who.participant_id.str(), kAnswersOfACaller};
    case Scope::kNone:
    case Scope::kInvitation:
    case Scope::kDownload:
      return {"link " + who.show_id.str(), kAnswersByALink};
    case Scope::kHost:
    case Scope::kAdmin:
      break;
  }
  return {"desk " + who.show_id.str(), kAnswersOfADesk};
}

std::string request_digest(const Request& request) {
  std::string body =
      request.body_file.empty() ? sha256_hex(request.body) : request.body_file_sha256;
  return request.query.empty() ? body : sha256_hex(request.query + "\n" + body);
}

std::string sealed(std::string body, const std::vector<IssuedToken>& issued) {
  for (const IssuedToken& token : issued) {
    const std::string place = kMark + std::string(to_string(token.scope)) + " " + token.show.str() +
                              " " + token.participant.str() + kMark;
    for (std::size_t at = body.find(token.text); at != std::string::npos;
         at = body.find(token.text, at + place.size())) {
      body.replace(at, token.text.size(), place);
    }
  }
  return body;
}

std::string sealed_queue(const studio::ShowId& show) {
  return kMark + std::string(kQueue) + " " + show.str() + kMark;
}

std::string opened(std::string_view stored, const Sign& sign,
                   const std::function<std::string(const studio::ShowId&)>& queue_text) {
  std::string body;
  for (;;) {
    const std::size_t begin = stored.find(kMark);
    body += stored.substr(0, begin);
    if (begin == std::string_view::npos) return body;
    const std::size_t end = std::min(stored.find(kMark, begin + 1), stored.size());
    std::string_view place = stored.substr(begin + 1, end - begin - 1);
    stored.remove_prefix(std::min(end + 1, stored.size()));
    const std::string what = next_word(place);
    const studio::ShowId show(next_word(place));
    const studio::ParticipantId participant(next_word(place));
    if (what == kQueue) {
      body += queue_text(show);
    } else if (const auto scope = scope_of(what)) {
      body += sign(*scope, show, participant);
    }
  }
}

}  // namespace shelcaster::control::detail
