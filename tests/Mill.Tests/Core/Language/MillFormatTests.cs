using System.Text.Json;
using Mill.Core.Language;
using Mill.Core.Specs;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Language;

public sealed class MillFormatTests
{
    [Fact]
    public void A_file_is_written_as_everybody_writes_it()
    {
        const string Untidy = """


            # what we run
            service   "web"   {

                image="web:v1";
                port :3000   // its port
                env={
                "A"  = "1",
                LONGER= "two"


                # a comment
                OTHER="3"
                }
                health{path="/";interval="2s"}
                command=["a"  ,"b",
                "c"
                ]
                update{}
                /* several
                   lines */
            }
            task "t"{
            image="t"
            env{
            TEXT=<<END
               stays
            END
            }
            }

            """;

        const string Tidy = """
            # what we run
            service "web" {
              image = "web:v1"
              port  = 3000 // its port
              env {
                "A"    = "1"
                LONGER = "two"

                # a comment
                OTHER = "3"
              }
              health { path = "/"; interval = "2s" }
              command = ["a", "b",
                "c"
              ]
              update {}
              /* several
                   lines */
            }
            task "t" {
              image = "t"
              env {
                TEXT = <<END
               stays
            END
              }
            }

            """;

        Assert.Equal(Tidy.ReplaceLineEndings("\n"), Format(Untidy.ReplaceLineEndings("\n")));
    }

    [Fact]
    public void What_is_tidy_stays_and_says_the_same()
    {
        var random = new Random(6);
        for (var round = 0; round < 2_000; round++)
        {
            var text = Shaken(random);
            var once = Format(text);
            Assert.Equal(once, Format(once));
            Assert.Equal(Read(text), Read(once));
            Assert.Equal(text.Split('#').Length, once.Split('#').Length);
        }
    }

    [Fact]
    public void A_comment_between_two_things_of_a_line_keeps_them_apart() =>
        Assert.Equal("env { A = 1; /* c */ B = 2 } # d\n", Format("env { A = 1; /* c */ B = 2; } # d"));

    [Fact]
    public void A_file_that_is_none_stays_as_it_is() =>
        Assert.Equal(MillError.InvalidSpec, Assert.Throws<MillException>(() => Format("service \"web\" {")).Error);

    /// <summary>The same file with blanks, comments and separators wherever they may stand.</summary>
    private static string Shaken(Random random)
    {
        string[] members = ["image = \"a:v1\"", "port = 80", "env { A = \"x\"; B = \"${secret(S)}\" }", "health { path = \"/\" }", "command = [\"a\", \"b\"]", "constraints { }"];
        random.Shuffle(members);
        return $"service{Blank(random)}\"web\"{Blank(random)}{{{Break(random)}{string.Concat(members.Select(member => Blank(random) + member.Replace(" ", Blank(random), StringComparison.Ordinal) + Break(random)))}}}{Break(random)}";
    }

    private static string Blank(Random random) => random.Next(4) switch { 0 => "  ", 1 => "\t", _ => " " };

    private static string Break(Random random) => random.Next(5) switch { 0 => ";", 1 => "\r\n", 2 => "\n\n\n", 3 => " # why\n", _ => "\n" };

    private static string Format(string text) => MillFormat.Format(new("app.mill", text));

    private static string Read(string text) => JsonSerializer.Serialize(MillFile.Read(new("app.mill", text)), SpecJson.Default.DeploySpec);
}
