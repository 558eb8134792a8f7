package io.hydrant.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/**
 * The arrows of the design: who must never see whom. This module sees most of the product's
 * classes.
 */
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.hydrant");

  private static final String[] NATIVE_OR_NETWORK = {
    "org.apache.ratis..",
    "io.grpc..",
    "com.google.protobuf..",
    "org.rocksdb..",
    "com.github.luben.."
  };

  @Test
  void theEngineSeesNeitherRaftNorGrpcNorProtobufNorRocksDb() {
    noClasses()
        .that()
        .resideInAPackage("io.hydrant.engine..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(NATIVE_OR_NETWORK)
        .check(CLASSES);
  }

  @Test
  void theEngineUsesTheJdkSlf4jAndJspecifyOnly() {
    classes()
        .that()
        .resideInAPackage("io.hydrant.engine..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.hydrant.engine..", "java..", "javax..", "org.slf4j..", "org.jspecify..", "")
        .check(CLASSES);
  }

  @Test
  void theEngineHasNoWallClock() {
    noClasses()
        .that()
        .resideInAPackage("io.hydrant.engine..")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(InstantSource.class, "system")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Clock.class)
        .check(CLASSES);
  }

  @Test
  void theCatalogIsPure() {
    noClasses()
        .that()
        .haveFullyQualifiedName("io.hydrant.engine.catalog.Catalog")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.io..", "java.nio.file..", "java.util.concurrent..", "java.util.random..")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .check(CLASSES);
  }

  @Test
  void theRootsDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage("io.hydrant.engine..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.hydrant.raftlog..",
            "io.hydrant.v1..",
            "io.hydrant.raft..",
            "io.hydrant.peer..",
            "io.hydrant.node..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("io.hydrant.raftlog..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.hydrant.engine..",
            "io.hydrant.v1..",
            "io.hydrant.raft..",
            "io.hydrant.peer..",
            "io.hydrant.node..",
            "io.grpc..")
        .check(CLASSES);
  }

  @Test
  void theApiOfTheLogHasNoRatisType() {
    noClasses()
        .that()
        .resideInAPackage("io.hydrant.raftlog")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.ratis..")
        .check(CLASSES);
  }

  @Test
  void eachNativeLibraryHasOnePackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.hydrant.raftlog.ratis..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.ratis..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.hydrant.index.rocksdb..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.rocksdb..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.hydrant.codecs..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.github.luben..")
        .check(CLASSES);
  }

  @Test
  void theAdaptersOfNativeLibrariesSeeTheEngineOnly() {
    noClasses()
        .that()
        .resideInAnyPackage("io.hydrant.index..", "io.hydrant.codecs..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.ratis..",
            "io.grpc..",
            "io.hydrant.v1..",
            "io.hydrant.peer..",
            "io.hydrant.raftlog..",
            "io.hydrant.node..")
        .check(CLASSES);
  }

  @Test
  void theSchemaIsGeneratedCodeOnly() {
    classes()
        .that()
        .resideInAnyPackage("io.hydrant.v1..", "io.hydrant.raft..", "io.hydrant.peer..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.hydrant.v1..",
            "io.hydrant.raft..",
            "io.hydrant.peer..",
            "com.google..",
            "io.grpc..",
            "java..",
            "javax..",
            "")
        .check(CLASSES);
  }

  @Test
  void onlyTheWiringMakesTheRealParts() {
    noClasses()
        .that()
        .resideInAPackage("io.hydrant.node..")
        .and()
        .haveSimpleNameNotEndingWith("Wiring")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.hydrant.index.rocksdb..", "io.hydrant.codecs..", "io.hydrant.raftlog.ratis..")
        .check(CLASSES);
  }

  @Test
  void nobodyGetsTheWholeConfiguration() {
    noClasses()
        .that()
        .resideInAPackage("io.hydrant.node..")
        .and()
        .resideOutsideOfPackages("io.hydrant.node", "io.hydrant.node.config")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("io.hydrant.node.config.NodeConfig")
        .check(CLASSES);
  }

  @Test
  void thePackagesOfTheNodeHaveNoCycles() {
    slices().matching("io.hydrant.node.(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
