namespace Mill.Commands;

/// <summary>The scripts of <c>mill completion</c>.</summary>
internal static class CompletionScripts
{
    public const string Bash = """
        # mill completion for bash: eval "$(mill completion bash)"
        _mill_complete() {
            local word="${COMP_WORDS[COMP_CWORD]}" line
            COMPREPLY=()
            while IFS= read -r line; do
                [[ $line == "$word"* ]] && COMPREPLY+=("$line")
            done < <("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
        }
        complete -o default -F _mill_complete mill
        """;

    public const string Zsh = """
        #compdef mill
        # mill completion for zsh: eval "$(mill completion zsh)"
        _mill() {
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            [[ -n "${found[*]}" ]] && compadd -a found
        }
        compdef _mill mill
        """;

    public const string Fish = """
        # mill completion for fish: mill completion fish | source
        function _mill_complete
            set -l line (commandline -cp)
            mill "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c mill -f -a '(_mill_complete)'
        """;
}
