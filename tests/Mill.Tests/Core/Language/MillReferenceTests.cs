using Mill.Core.Language;
using Mill.Core.Language.Grammar;
using Xunit;

namespace Mill.Tests.Core.Language;

public sealed class MillReferenceTests
{
    [Fact]
    public void It_names_every_key_and_its_examples_are_written_as_everybody_writes_them()
    {
        var page = MillReference.Text();
        foreach (var block in Blocks(MillGrammar.File))
        {
            Assert.All(block.Keys, key => Assert.Contains($"| `{key.Name}` | ", page, StringComparison.Ordinal));
            if (block == MillGrammar.File) continue;
            var example = block.Example.ReplaceLineEndings("\n") + "\n";
            Assert.Equal(example, MillFormat.Format(new("example.mill", example)));
            Assert.Contains(example, page, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<BlockRule> Blocks(BlockRule block) => block.Blocks.SelectMany(Blocks).Prepend(block);
}
