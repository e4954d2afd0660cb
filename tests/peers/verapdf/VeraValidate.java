import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Asks veraPDF whether PDFs are the PDF/A that they claim to be.
 *
 * <p>One line per file on stdout, fields separated by tabs: path, flavour claimed by its metadata
 * ("1b", "3b" ...; "-" for none), "PASS", "FAIL", "NONE" (claims nothing) or "ERROR", then the rules
 * that do not hold as clause-test, in order, with commas between them, or what went wrong; "-" for
 * nothing. The exit code says only whether the run itself worked.
 */
public final class VeraValidate {
    private static final String USAGE = """
            usage: VeraValidate [--flavour 1b|2b|3b|...] FILE|FOLDER|@LIST...
              --flavour  what to validate against, whatever the file claims
              @LIST      one file a line""";

    public static void main(String[] arguments) throws IOException {
        PDFAFlavour asked = null;
        List<Path> files = new ArrayList<>();
        for (int at = 0; at < arguments.length; at++) {
            if (arguments[at].equals("--flavour") && at + 1 < arguments.length) {
                asked = PDFAFlavour.byFlavourId(arguments[++at]);
            } else if (arguments[at].startsWith("--")) {
                files.clear();
                break;
            } else {
                files.addAll(files(arguments[at]));
            }
        }
        if (files.isEmpty()) {
            System.err.println(USAGE);
            System.exit(2);
        }
        Logger.getLogger("").setLevel(Level.OFF);
        VeraGreenfieldFoundryProvider.initialise();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (Path file : files) {
            out.println(file + "\t" + String.join("\t", judge(file, asked)));
        }
    }

    private static List<Path> files(String target) throws IOException {
        if (target.startsWith("@")) {
            return Files.readAllLines(Path.of(target.substring(1))).stream()
                    .filter(line -> !line.isEmpty()).map(Path::of).toList();
        }
        try (Stream<Path> found = Files.walk(Path.of(target))) {
            return found.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<String> judge(Path file, PDFAFlavour asked) {
        try (PDFAParser parser = asked == null
                ? Foundries.defaultInstance().createParser(file.toFile())
                : Foundries.defaultInstance().createParser(file.toFile(), asked)) {
            List<PDFAFlavour> claimed = asked == null ? parser.getFlavours() : List.of(asked);
            if (claimed.isEmpty() || claimed.get(0) == PDFAFlavour.NO_FLAVOUR) {
                return List.of("-", "NONE", "-");
            }
            PDFAFlavour flavour = claimed.get(0);
            PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false);
            ValidationResult result = validator.validate(parser);
            TreeSet<String> rules = new TreeSet<>();
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    rules.add(assertion.getRuleId().getClause() + "-"
                            + assertion.getRuleId().getTestNumber());
                }
            }
            return List.of(flavour.getId(), result.isCompliant() ? "PASS" : "FAIL",
                    rules.isEmpty() ? "-" : String.join(",", rules));
        } catch (Exception | StackOverflowError error) { // whatever it stumbles over is its verdict
            return List.of("-", "ERROR", (error.getClass().getSimpleName() + ": "
                    + error.getMessage()).replaceAll("\\s+", " "));
        }
    }
}
