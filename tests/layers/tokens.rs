//! The tokens of a Rust source file, without comments, literals, and what only tests are compiled with.

/// A token and the line it stands on, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub line: usize,
    pub text: String,
}

/// A file without comments, literals, and what only tests are compiled with.
#[derive(Debug, Default)]
pub struct Source {
    pub tokens: Vec<Token>,
    /// Names of the modules that only tests are compiled with and that lie in files of their own.
    pub test_modules: Vec<String>,
}

/// Reads a file's text.
pub fn read(text: &str) -> Source {
    without_tests(&tokens(text))
}

fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let at = |index: usize| characters.get(index).copied().unwrap_or('\0');
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let (mut tokens, mut line, mut index) = (Vec::new(), 1, 0);
    while index < characters.len() {
        let start = index;
        match at(index) {
            '/' if at(index + 1) == '/' => index = end_of(&characters, index, &['\n']),
            '/' if at(index + 1) == '*' => index = end_of_comment(&characters, index),
            '"' => index = end_of_string(&characters, index + 1),
            'r' | 'b' | 'c' if raw_hashes(&characters, index).is_some() => {
                let hashes = raw_hashes(&characters, index).unwrap_or_default();
                let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                let opening = end_of(&characters, index, &['"']);
                index = end_of(&characters, opening + 1, &closing) + closing.len();
            }
            // A character, unless it is a lifetime: those have no closing quote.
            '\'' if at(index + 1) == '\\' => index = end_of(&characters, index + 3, &['\'']) + 1,
            '\'' if at(index + 2) == '\'' => index += 3,
            character if is_word(character) => {
                index = (index..characters.len()).find(|next| !is_word(at(*next))).unwrap_or(characters.len());
                tokens.push(Token { line, text: characters[start..index].iter().collect() });
            }
            ':' if at(index + 1) == ':' => {
                index += 2;
                tokens.push(Token { line, text: "::".to_owned() });
            }
            character => {
                index += 1;
                if !character.is_whitespace() {
                    tokens.push(Token { line, text: character.to_string() });
                }
            }
        }
        line += characters[start..index.min(characters.len())].iter().filter(|character| **character == '\n').count();
    }
    tokens
}

/// Where `closing` begins at `from` or later.
fn end_of(characters: &[char], from: usize, closing: &[char]) -> usize {
    (from..characters.len()).find(|at| characters[*at..].starts_with(closing)).unwrap_or(characters.len())
}

fn end_of_comment(characters: &[char], from: usize) -> usize {
    let (mut depth, mut index) = (0, from);
    while index < characters.len() {
        match characters[index..] {
            ['/', '*', ..] => (depth, index) = (depth + 1, index + 2),
            ['*', '/', ..] if depth == 1 => return index + 2,
            ['*', '/', ..] => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
    }
    index
}

fn end_of_string(characters: &[char], from: usize) -> usize {
    let mut index = from;
    while index < characters.len() {
        match characters[index] {
            '\\' => index += 2,
            '"' => return index + 1,
            _ => index += 1,
        }
    }
    index
}

/// How many `#` the raw string at `index` is wrapped in; `None` if there is none.
fn raw_hashes(characters: &[char], index: usize) -> Option<usize> {
    let prefix = characters[index..].iter().take_while(|character| "rbc".contains(**character)).count();
    let hashes = characters[index + prefix..].iter().take_while(|character| **character == '#').count();
    let raw = characters[index..index + prefix].contains(&'r');
    (raw && characters.get(index + prefix + hashes) == Some(&'"')).then_some(hashes)
}

fn without_tests(tokens: &[Token]) -> Source {
    let mut source = Source::default();
    let mut index = 0;
    while index < tokens.len() {
        let words: Vec<&str> = tokens[index..].iter().take(8).map(|token| token.text.as_str()).collect();
        let test_only =
            matches!(words[..], ["#", "[", "cfg", "(", "test", ..] | ["#", "[", "cfg", "(", "any", "(", "test", ..]);
        if !test_only {
            source.tokens.push(tokens[index].clone());
            index += 1;
            continue;
        }
        let item = after_attributes(tokens, index);
        index = after_item(tokens, item);
        let words: Vec<&str> = tokens[item..index].iter().map(|token| token.text.as_str()).collect();
        if let [.., "mod", name, ";"] = words[..] {
            source.test_modules.push(name.to_owned());
        }
    }
    source
}

fn after_attributes(tokens: &[Token], mut index: usize) -> usize {
    while index < tokens.len() && tokens[index].text == "#" {
        index = after_group(tokens, index + 1);
    }
    index
}

fn after_item(tokens: &[Token], mut index: usize) -> usize {
    while index < tokens.len() {
        match tokens[index].text.as_str() {
            ";" | "," => return index + 1,
            "{" => return after_group(tokens, index),
            "(" | "[" => index = after_group(tokens, index),
            _ => index += 1,
        }
    }
    index
}

/// Behind the group of brackets that opens at `index`.
fn after_group(tokens: &[Token], mut index: usize) -> usize {
    let mut depth = 0_usize;
    while index < tokens.len() {
        match tokens[index].text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        index += 1;
        if depth == 0 {
            break;
        }
    }
    index
}
